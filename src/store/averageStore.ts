/**
 * The average of many traces: which list of facts, how many of them, and the averages as they settle. A stopped job
 * leaves what it had averaged.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Fact } from "../domain/superposition";
import type { TracedFact, TraceAverageRequest, TraceAverageResult } from "../domain/trace";
import type { Lab } from "../workers/client";
import { spread } from "./factListStore";
import { createRun, IDLE, toAppError, type Run } from "./run";
import type { TraceSettings } from "./traceStore";

/** The gallery's examples, the facts the model was taught, those planted in it, or a list of the user's. */
export type AverageSource = "examples" | "own" | "planted" | "file";

/** What was averaged, in the words of a sentence, and the weights it was averaged on. */
export type AverageSubject = { list: string; modelHash: string; weightHash: string; weightsLine: string };

export type AverageState = {
  /** The average is in sight instead of one prompt's trace. */
  isOpen: boolean;
  source: AverageSource;
  /** Facts traced at most, drawn at even distances from the list. */
  most: number;
  /** Layers restored together; undefined: by the model's depth. */
  window: number | undefined;
  file: { name: string; facts: readonly Fact[]; faults: number } | undefined;
  run: Run<TraceAverageResult, TraceAverageResult>;
  shown: TraceAverageResult | undefined;
  about: AverageSubject | undefined;
  open(): void;
  close(): void;
  choose(change: Partial<Pick<AverageState, "source" | "most" | "window">>): void;
  /** Takes a list the user opened, or says what is wrong about it. */
  read(text: string, name: string): Promise<void>;
  start(
    examples: readonly Fact[],
    about: Omit<AverageSubject, "list">,
    settings: AverageSettings,
  ): Promise<void>;
  forget(): void;
};

export type AverageSettings = Pick<TraceSettings, "samples" | "noise" | "seed"> & { layers: number };

export type AverageStore = StoreApi<AverageState>;

export const FEW_FACTS = 30;
export const MOST_FACTS = 1000;

const LIST_NAMES: Readonly<Record<Exclude<AverageSource, "file">, string>> = {
  examples: "examples",
  own: "known facts",
  planted: "planted facts",
};

/** A window as wide, against the depth, as the paper's ten of 48 layers; three where that would be less. */
export const windowFor = (layers: number): number => Math.min(10, Math.max(3, Math.round(layers / 4.8)));

/** The prompt with its subject in place; the placeholder says which occurrence is meant. */
export function toTraced({ prompt, subject, target }: Fact): TracedFact {
  const at = prompt.indexOf("{}");
  const answer = target === undefined ? {} : { answer: target };
  if (at < 0) return { prompt, subject, ...answer };
  return {
    prompt: prompt.replace("{}", () => subject),
    subject: { start: at, end: at + subject.length },
    ...answer,
  };
}

export function createAverageStore(lab: Pick<Lab, "traceAverage" | "knownFacts">): AverageStore {
  return createStore<AverageState>()((set, get) => {
    const driver = createRun<TraceAverageResult, TraceAverageResult>((run) => set({ run }));

    const listed = async (examples: readonly Fact[], signal: AbortSignal): Promise<readonly Fact[]> => {
      const { source, file } = get();
      if (source === "examples") return examples;
      if (source === "file") return file?.facts ?? [];
      return (await lab.knownFacts({ list: source }, { signal })).facts;
    };

    return {
      isOpen: false,
      source: "examples",
      most: FEW_FACTS,
      window: undefined,
      file: undefined,
      run: IDLE,
      shown: undefined,
      about: undefined,

      open: () => set({ isOpen: true }),
      close: () => set({ isOpen: false }),
      choose: (change) => set(change),
      read: async (text, name) => {
        driver.stop();
        try {
          const { readFactRows } = await import("../lib/facts/readFactRows");
          const { facts, faults } = readFactRows(text, name);
          set({ file: { name, facts, faults: faults.length }, source: "file", run: IDLE });
        } catch (error) {
          set({ run: { status: "failed", error: toAppError(error) } });
        }
      },
      start: async (examples, about, { layers, ...settings }) => {
        const { source, most, window, file } = get();
        const list = source === "file" ? (file?.name ?? "your list") : LIST_NAMES[source];
        const subject: AverageSubject = { ...about, list };
        await driver.start(async ({ signal, onProgress }) => {
          const facts = spread(await listed(examples, signal), most).map(toTraced);
          const request: TraceAverageRequest = {
            ...settings,
            facts,
            kinds: ["state", "mlp", "attention"],
            window: window ?? windowFor(layers),
          };
          set({ shown: undefined, about: subject });
          const shown = await lab.traceAverage(request, {
            signal,
            onProgress: (progress, soFar) => {
              if (soFar !== undefined && !signal.aborted) set({ shown: soFar });
              onProgress(progress, soFar);
            },
          });
          set({ shown });
          return shown;
        });
      },
      forget: () => {
        driver.stop();
        set({ shown: undefined, about: undefined, run: IDLE });
      },
    };
  });
}
