/** A target is found again only when nothing that decides it is different. */
import { expect, test } from "vitest";
import type { EditRequest } from "../domain/edit";
import type { FindTarget } from "./blockTargets";
import { rememberTargets, type KnownTargets } from "./knownTargets";
import type { OptimisedTarget } from "./targets";

const REQUEST: EditRequest = {
  prompt: "{} is",
  subject: "Rome",
  targetNew: "old",
  paraphrases: [],
  neighbours: [],
};
const TEXTS = [{ text: "Rome is", ids: Int32Array.of(1, 2), lookup: 0 }];
const SETTINGS = { steps: 20, clampNormFactor: 4, secondMomentWeight: 50 };

function counting(): { find: FindTarget; asked: () => number } {
  let count = 0;
  const find: FindTarget = () => {
    count += 1;
    const target: OptimisedTarget = {
      target: Float64Array.of(count),
      targetInit: Float64Array.of(0),
      deltas: [],
      steps: [],
    };
    return Promise.resolve(target);
  };
  return { find, asked: () => count };
}

test("without anything known every target is looked for", async () => {
  const { find, asked } = counting();
  const search = rememberTargets(undefined, "resid 3", SETTINGS, find);
  await search(REQUEST, TEXTS, {});
  await search(REQUEST, TEXTS, {});
  expect(asked()).toBe(2);
});

test("the same question is answered from what is known, whatever is done with the target", async () => {
  const { find, asked } = counting();
  const known: KnownTargets = new Map();
  const first = await rememberTargets(known, "resid 3", SETTINGS, find)(REQUEST, TEXTS, {});
  const other = { ...SETTINGS, secondMomentWeight: 5, editLayers: [2, 3] };
  const heard: unknown[] = [];
  const again = await rememberTargets(known, "resid 3", other, find)({ ...REQUEST, paraphrases: ["?"] }, TEXTS, { onStep: (steps) => heard.push(steps) }); // prettier-ignore
  expect([again, asked(), heard]).toEqual([first, 1, [first.steps]]);
});

test.each<[string, { place?: string; settings?: object; request?: object; lookup?: number }]>([
  ["another layer", { place: "resid 4" }],
  ["another site", { place: "mlpRaw 3" }],
  ["another setting of the search", { settings: { clampNormFactor: 1 } }],
  ["another answer", { request: { targetNew: "new" } }],
  ["another token", { lookup: 1 }],
])("%s is another target", async (_, { place = "resid 3", settings, request, lookup = 0 }) => {
  const { find, asked } = counting();
  const known: KnownTargets = new Map();
  await rememberTargets(known, "resid 3", SETTINGS, find)(REQUEST, TEXTS, {});
  const search = rememberTargets(known, place, { ...SETTINGS, ...settings }, find);
  await search({ ...REQUEST, ...request }, [{ ...TEXTS[0]!, lookup }], {});
  expect(asked()).toBe(2);
});
