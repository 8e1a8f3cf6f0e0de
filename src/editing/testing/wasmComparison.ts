/** Comparison on WASM, in Node: the bounds as they are. */
import { hasFixture, readFixture } from "../../../tests/sharedFixtures";
import type { Comparison } from "./comparison";
import { recordError } from "./errorTable";

export const wasmComparison: Comparison = {
  read: readFixture,
  has: hasFixture,
  slack: 1,
  record: recordError,
};
