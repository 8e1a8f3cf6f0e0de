/**
 * What successive edits have in common beside the model, in an edit file: each codebook entry and each closed copy is
 * written once, with the first edit that has it, and read into one object, as it is in memory. So a file grows with its
 * edits and not with their square.
 */
import type { CodebookEntry, Shard } from "../domain/edit";
import type { TensorToWrite } from "../loading/safetensors/writeSafetensors";

/** A file being written: its tensors; codebook entries by their numbers, copies by their tensors' names. */
export type WrittenParts = {
  tensors: TensorToWrite[];
  entries: Map<CodebookEntry, number>;
  shards: Map<Shard, string>;
};

/** A file being read: the same the other way round. */
export type ReadParts = { entries: CodebookEntry[]; shards: Map<string, Shard> };

export const nothingWritten = (): WrittenParts => ({ tensors: [], entries: new Map(), shards: new Map() });
export const nothingRead = (): ReadParts => ({ entries: [], shards: new Map() });
