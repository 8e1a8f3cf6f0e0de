/** All stores of the page. They do not know each other; what touches several of them is an intent of the workspace. */
import type { Lab } from "../workers/client";
import { createAskStore } from "./askStore";
import { createAverageStore } from "./averageStore";
import { createCautionStore } from "./cautionStore";
import { createConstructedStore } from "./constructedStore";
import { createDamageStore } from "./damageStore";
import { createDuelStore } from "./duelStore";
import { createEditStore } from "./editStore";
import { createFactListStore } from "./factListStore";
import { createInterferenceStore } from "./interferenceStore";
import { createLifelongStore } from "./lifelongStore";
import { createLongTargetStore } from "./longTargetStore";
import { createMethodStore } from "./methodStore";
import { createModelStore } from "./modelStore";
import { createNoticeStore } from "./noticeStore";
import { createPickerStore } from "./pickerStore";
import { createPlaceStore } from "./placeStore";
import { createPromptStore } from "./promptStore";
import { createReportStore } from "./reportStore";
import { createRequestListStore } from "./requestListStore";
import { createSheetStore } from "./sheetStore";
import { createStackStore } from "./stackStore";
import { createStatisticsStore } from "./statisticsStore";
import { createSuperpositionStore } from "./superpositionStore";
import { createSweepStore } from "./sweepStore";
import { createTraceStore } from "./traceStore";

export type Stores = ReturnType<typeof createStores>;

export function createStores(lab: Lab) {
  return {
    model: createModelStore(lab),
    picker: createPickerStore(lab),
    methods: createMethodStore(lab),
    longTarget: createLongTargetStore(lab),
    requestList: createRequestListStore(),
    duel: createDuelStore(lab),
    sweep: createSweepStore(lab),
    prompt: createPromptStore(lab),
    ask: createAskStore(lab),
    trace: createTraceStore(lab),
    average: createAverageStore(lab),
    edit: createEditStore(lab),
    stack: createStackStore(lab),
    statistics: createStatisticsStore(lab),
    facts: createFactListStore(lab),
    superposition: createSuperpositionStore(lab),
    interference: createInterferenceStore(lab),
    lifelong: createLifelongStore(lab),
    constructed: createConstructedStore(lab),
    damage: createDamageStore(lab),
    caution: createCautionStore(lab),
    report: createReportStore(lab),
    notices: createNoticeStore(),
    sheet: createSheetStore(),
    place: createPlaceStore(),
  };
}
