/**
 * Steps that run what a model's files say: splitting patterns and the chat template. Both are programs of a stranger,
 * neither can be interrupted in the thread that runs it, and so both are watched from outside.
 */
export type WatchedStep = {
  kind: "tokenizer" | "template";
  /** The model whose files are run, as the user named it. */
  model: string;
};

/** Runs `body` so that someone ends it when it takes longer than the bound; its result and errors are passed on. */
export type Watch = <Result>(step: WatchedStep, body: () => Result) => Result;

/** How long one such step may take, in milliseconds. Building the largest published tokenizer takes a quarter of it. */
export const WATCH_BOUND = 15_000;
