/** What the model says next: the likeliest words and a longer continuation, now and before the edits. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { GeneratePartial, GenerateRequest } from "../domain/generation";
import type { TokenChoice } from "../domain/model";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type NextWords = {
  prompt: string;
  now: TokenChoice[];
  before: TokenChoice[] | undefined;
  /** The prompt names nothing of the so many facts that the model was taught. */
  unfamiliarAmong: number | undefined;
};
export type Continuation = {
  prompt: string;
  text: string;
  before: string | undefined;
  tokensPerSecond: number;
  /** What the model read, where an edit put something in front of the prompt. */
  seen: string | undefined;
  /** An edit's answer was recited in the model's place. */
  isRecited: boolean;
};

/** `temperature` 0 takes the likeliest word each time. */
export type Sampling = {
  maxTokens: number;
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
  chat: boolean;
};

export type AskState = {
  next: Run<NextWords>;
  /** The last answer; stays in sight while the next is asked for. */
  lastNext: NextWords | undefined;
  continuation: Run<Continuation, GeneratePartial>;
  sampling: Sampling;
  setSampling(change: Partial<Sampling>): void;
  /** Asks for the next words; with `compare`, also those of the model before its edits. */
  askNext(prompt: string, compare: boolean): Promise<NextWords | undefined>;
  /** Lets the model write on; with `compare`, also as it would have before its edits. */
  continueText(prompt: string, compare: boolean): Promise<void>;
  /** Forgets what was said, when the model or the question changes. */
  clear(): void;
};

export type AskStore = StoreApi<AskState>;

const DEFAULT_SAMPLING: Sampling = { maxTokens: 24, temperature: 0, topK: 40, topP: 1, seed: 1, chat: false };

/** How many next tokens to fetch: more than are drawn, so that before and after can be matched. */
const CANDIDATES = 30;

function nextRequest(prompt: string, weights: "edited" | "base"): GenerateRequest {
  const common = { temperature: 0, seed: 1, chat: false, stop: [], ignoreEnd: true };
  return { prompt, maxTokens: 1, top: CANDIDATES, ...common, weights };
}

function writingRequest(prompt: string, sampling: Sampling, weights: "edited" | "base"): GenerateRequest {
  const { maxTokens, temperature, topK, topP, seed, chat } = sampling;
  const draw = temperature > 0 ? { topK, topP } : {};
  return { prompt, maxTokens, top: 1, temperature, ...draw, seed, chat, stop: [], ignoreEnd: false, weights };
}

export function createAskStore(lab: Pick<Lab, "generate">): AskStore {
  return createStore<AskState>()((set, get) => {
    const nextRun = createRun<NextWords>((next) => {
      set(next.status === "done" ? { next, lastNext: next.result } : { next });
    });
    const writing = createRun<Continuation, GeneratePartial>((continuation) => set({ continuation }));

    return {
      next: IDLE,
      lastNext: undefined,
      continuation: IDLE,
      sampling: DEFAULT_SAMPLING,
      setSampling: (change) => set({ sampling: { ...get().sampling, ...change } }),

      askNext: (prompt, compare) =>
        nextRun.start(async ({ signal }) => {
          const now = await lab.generate(
            { ...nextRequest(prompt, "edited"), withFamiliarity: true },
            { signal },
          );
          const before = compare ? await lab.generate(nextRequest(prompt, "base"), { signal }) : undefined;
          const { unfamiliarAmong } = now;
          return { prompt, now: now.next, before: before?.next, unfamiliarAmong };
        }),

      continueText: async (prompt, compare) => {
        const { sampling } = get();
        await writing.start(async (context) => {
          const now = await lab.generate(writingRequest(prompt, sampling, "edited"), context);
          const before = compare
            ? await lab.generate(writingRequest(prompt, sampling, "base"), { signal: context.signal })
            : undefined;
          const { tokensPerSecond, seen, recited = false } = now;
          const { text } = now.completion;
          return { prompt, text, before: before?.completion.text, tokensPerSecond, seen, isRecited: recited };
        });
      },

      clear: () => {
        nextRun.stop();
        writing.stop();
        set({ next: IDLE, lastNext: undefined, continuation: IDLE });
      },
    };
  });
}
