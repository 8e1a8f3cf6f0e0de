/** The question under study: its text, its tokens, and which words are the subject. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Token } from "../domain/model";
import type { Lab } from "../workers/client";
import { guessSubject, occurrences, spanOfTokens, type Span } from "./prompt";

export type PromptState = {
  text: string;
  subject: Span | undefined;
  /** Where the subject stands when it occurs more than once and none is chosen yet. */
  candidates: readonly Span[];
  /** Set when the words asked for are not in the prompt. */
  problem: string | undefined;
  /** The tokens of `tokensOf`, which lags behind `text` while the lab is busy. */
  tokens: readonly Token[];
  tokensOf: string;
  setText(text: string): void;
  /** An example: text and subject at once. */
  setPrompt(text: string, subject: Span | undefined): void;
  selectTokens(first: number, last: number): void;
  selectText(subject: string): void;
  chooseSpan(span: Span): void;
  /** Asks the lab for the tokens of the present text. */
  tokenize(): Promise<void>;
};

export type PromptStore = StoreApi<PromptState>;

/** Keeps the subject's words when the text around them changes; otherwise guesses anew. */
function followSubject(before: string, subject: Span | undefined, after: string): Span | undefined {
  if (subject === undefined) return guessSubject(after);
  const words = before.slice(subject.start, subject.end);
  const places = occurrences(after, words);
  const nearest = places.toSorted(
    (a, b) => Math.abs(a.start - subject.start) - Math.abs(b.start - subject.start),
  )[0];
  return nearest ?? guessSubject(after);
}

export function createPromptStore(lab: Pick<Lab, "tokenize">): PromptStore {
  let latest: AbortController | undefined;

  return createStore<PromptState>()((set, get) => ({
    text: "",
    subject: undefined,
    candidates: [],
    problem: undefined,
    tokens: [],
    tokensOf: "",

    setText: (text) => {
      const subject = followSubject(get().text, get().subject, text);
      set({ text, subject, candidates: [], problem: undefined });
    },
    setPrompt: (text, subject) => set({ text, subject, candidates: [], problem: undefined }),

    selectTokens: (first, last) => {
      const subject = spanOfTokens(get().tokensOf, get().tokens, first, last);
      if (subject !== undefined) set({ subject, candidates: [], problem: undefined });
    },
    selectText: (words) => {
      const places = occurrences(get().text, words);
      const only = places.length === 1 ? places[0] : undefined;
      if (only !== undefined) set({ subject: only, candidates: [], problem: undefined });
      else if (places.length > 1) set({ candidates: places, problem: undefined });
      else
        set({
          candidates: [],
          problem: `“${words.trim()}” is not in the prompt. Use words exactly as they stand there.`,
        });
    },
    chooseSpan: (subject) => set({ subject, candidates: [], problem: undefined }),

    tokenize: async () => {
      latest?.abort();
      latest = new AbortController();
      const { signal } = latest;
      const { text } = get();
      if (text === "") return set({ tokens: [], tokensOf: "" });
      const tokens = await lab.tokenize({ prompt: text }, { signal }).then(
        (result) => result.tokens,
        // Without tokens the prompt stays plain text; what went wrong is reported by the job that needs them.
        () => undefined,
      );
      if (tokens !== undefined && !signal.aborted) set({ tokens, tokensOf: text });
    },
  }));
}
