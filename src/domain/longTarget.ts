/** A long answer before it is written: its tokens, how it will be cut, and how likely each token is today. */
import type { EditMethod, EditRequest, Settings } from "./edit";

export type CutRequest = { method: EditMethod; settings: Settings; request: EditRequest };

/** Tokens `start` … `end` − 1 of the answer; the first `overlap` of them already stand in the chunk before. */
export type TargetChunk = { start: number; end: number; overlap: number };

export type CutTarget = {
  /** Tokens of the question before it. */
  questionTokens: number;
  contextLength: number;
  /** The answer's tokens; `p` given all tokens before, `best` when no other token is likelier. */
  tokens: { text: string; p: number; best: boolean }[];
  chunks: TargetChunk[];
};
