/**
 * The list of facts that the superposition workspace and the interference preview compare with: the model's own, those
 * planted in it, the examples', or the user's. Rows that cannot be read stay named beside it.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Fact, FactListName } from "../domain/superposition";
import type { RowFault } from "../lib/facts/readFactRows";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export const MOST_FACTS = 2000;
/** Compared unless the user asks for more: all layers of the embedded model in some seconds. */
export const FEW_FACTS = 128;

export type FactListState = {
  facts: readonly Fact[];
  /** What the list is called in sentences; empty while there is none. */
  name: string;
  /** Facts there were before the list was cut to the most that is compared. */
  outOf: number;
  faults: readonly RowFault[];
  run: Run<readonly Fact[]>;
  /** The model's own lists; resolves to false where it brings none. `most`: drawn at even distances. */
  choose(list: FactListName, most: number): Promise<boolean>;
  take(facts: readonly Fact[], name: string): void;
  /** A text that was pasted or read from a file. */
  read(text: string, name: string): Promise<void>;
  forget(): void;
};

export type FactListStore = StoreApi<FactListState>;

const NAMES: Readonly<Record<FactListName, string>> = { own: "known facts", planted: "planted facts" };

/** At even distances, so that every kind of fact is among them. */
export function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, at) => items[Math.floor(((at + 0.5) * items.length) / most)]!);
}

export function createFactListStore(lab: Pick<Lab, "knownFacts">): FactListStore {
  return createStore<FactListState>()((set) => {
    const driver = createRun<readonly Fact[]>((run) => set({ run }));
    const take = (
      facts: readonly Fact[],
      name: string,
      most: number,
      faults: readonly RowFault[] = [],
    ): void => set({ facts: spread(facts, Math.min(most, MOST_FACTS)), name, outOf: facts.length, faults });

    return {
      facts: [],
      name: "",
      outOf: 0,
      faults: [],
      run: IDLE,
      choose: async (list, most) => {
        const found = await driver.start(async (context) => (await lab.knownFacts({ list }, context)).facts);
        if (found === undefined || found.length === 0) return false;
        take(found, NAMES[list], most);
        return true;
      },
      take: (facts, name) => {
        driver.stop();
        take(facts, name, MOST_FACTS);
      },
      read: async (text, name) => {
        await driver.start(async () => {
          const { readFactRows } = await import("../lib/facts/readFactRows");
          const { facts, faults } = readFactRows(text, name);
          take(facts, name, MOST_FACTS, faults);
          return facts;
        });
      },
      forget: () => {
        driver.stop();
        set({ facts: [], name: "", outOf: 0, faults: [], run: IDLE });
      },
    };
  });
}
