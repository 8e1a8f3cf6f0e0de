/**
 * Sequences of edits as the page keeps them for the next visit: what is written and every point measured. The edits
 * themselves are in the lab's journal. Everything read back is checked: storage can hold anything.
 */
import type { EditMethod, EditRequest, Settings } from "../domain/edit";
import type { LifelongPoint } from "../domain/lifelong";
import type { Fact } from "../domain/superposition";
import type { LeftOut } from "./lifelongPlan";

const KEY = "palimpsest.lifelong.1";
export const MOST_RUNS = 6;

export type LifelongRun = {
  id: string;
  method: EditMethod;
  settings: Settings;
  seed: number;
  every: number;
  batch: number;
  requests: readonly EditRequest[];
  untouched: readonly Fact[];
  /** Facts of the list that are neither; runs of earlier versions do not say. */
  leftOut?: readonly LeftOut[];
  /** What the facts are called, and the model they are written into. */
  list: string;
  model: string;
  modelHash: string;
  points: readonly LifelongPoint[];
  /** Why it did not go on by itself. */
  fault?: { message: string; remedy: string };
};

type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** Six digits are more than any curve shows. */
const short = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

/** False where storage refuses: the runs then last as long as the page. */
export function keepRuns(storage: Storage | undefined, runs: readonly LifelongRun[]): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify(runs, short));
    return storage !== undefined;
  } catch {
    return false;
  }
}

export function recallRuns(storage: Storage | undefined): LifelongRun[] {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isRun).slice(0, MOST_RUNS) : [];
  } catch {
    return [];
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function isRun(value: unknown): value is LifelongRun {
  if (!isRecord(value) || !isRecord(value.settings)) return false;
  const texts = [value.id, value.method, value.list, value.model, value.modelHash];
  const counts = [value.seed, value.every, value.batch];
  const { requests, untouched, points, leftOut = [] } = value;
  return (
    texts.every((text) => typeof text === "string") &&
    counts.every((count) => Number.isInteger(count)) &&
    Array.isArray(requests) &&
    requests.every(
      (one) => isRecord(one) && typeof one.subject === "string" && typeof one.prompt === "string",
    ) &&
    Array.isArray(untouched) &&
    untouched.every((one) => isRecord(one) && typeof one.subject === "string") &&
    Array.isArray(leftOut) &&
    leftOut.every(isLeftOut) &&
    Array.isArray(points) &&
    points.every(isPoint)
  );
}

const isLeftOut = (value: unknown): value is LeftOut =>
  isRecord(value) &&
  Number.isInteger(value.index) &&
  typeof value.subject === "string" &&
  typeof value.message === "string";

function isPoint(value: unknown): value is LifelongPoint {
  if (!isRecord(value) || typeof value.edits !== "number") return false;
  const { retention, norms, interference, stackEdits, weightHash, warnings = [] } = value;
  const means = [value.efficacy, value.paraphrases, value.neighbourhood, value.untouched];
  return (
    means.every((one) => one === null || (isRecord(one) && typeof one.p === "number")) &&
    Array.isArray(retention) &&
    Array.isArray(norms) &&
    isRecord(interference) &&
    Array.isArray(interference.untouched) &&
    Array.isArray(interference.edited) &&
    Array.isArray(warnings) &&
    warnings.every((one) => typeof one === "string") &&
    typeof stackEdits === "number" &&
    typeof weightHash === "string"
  );
}
