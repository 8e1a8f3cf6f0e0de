/** From the points of a sequence to its curves, and what they say in a sentence. Pure. */
import type { LifelongPoint } from "../../domain/lifelong";
import { findCollapse } from "../../lib/charts/findCollapse";
import type { LifelongRun } from "../../store/keptRuns";

export type CurvePoints = readonly (readonly [number, number])[];

const curve = (
  points: readonly LifelongPoint[],
  of: (point: LifelongPoint) => number | undefined,
): CurvePoints =>
  points.flatMap((point) => {
    const value = of(point);
    return value === undefined || !Number.isFinite(value) ? [] : [[point.edits, value] as const];
  });

export const efficacyCurve = (points: readonly LifelongPoint[]) =>
  curve(points, ({ efficacy }) => efficacy?.p);
export const untouchedCurve = (points: readonly LifelongPoint[]) =>
  curve(points, ({ untouched }) => untouched?.p);
export const neighbourCurve = (points: readonly LifelongPoint[]) =>
  curve(points, ({ neighbourhood }) => neighbourhood?.p);
export const paraphraseCurve = (points: readonly LifelongPoint[]) =>
  curve(points, ({ paraphrases }) => paraphrases?.p);
/** As a multiple of the checkpoint's. */
export const perplexityCurve = (points: readonly LifelongPoint[]) =>
  curve(points, ({ perplexity }) =>
    perplexity?.now === undefined ? undefined : perplexity.now / perplexity.base,
  );
export const normCurve = (points: readonly LifelongPoint[]) =>
  curve(points, ({ norms }) => Math.max(0, ...norms.map(({ relativeChange }) => relativeChange)));

/** Summed over layers, at the keys of untouched facts. */
export const interferenceCurve = (points: readonly LifelongPoint[], which: "predicted" | "measured") =>
  curve(points, ({ edits, interference }) =>
    edits === 0
      ? 0
      : interference.untouched.length === 0
        ? undefined
        : interference.untouched.reduce((sum, layer) => sum + layer[which], 0),
  );

/** Efficacy by how many edits came after, at one point: x is the age of the oldest request of an entry. */
export const retentionByAge = ({ edits, retention }: LifelongPoint): CurvePoints =>
  retention.map(({ from, p }) => [edits - from, p] as const).reverse();

const two = (value: number): string => value.toFixed(2);

/** What has become of one run. */
export function runSentence(
  run: Pick<LifelongRun, "method" | "points" | "requests">,
  at?: LifelongPoint,
): string {
  const { method, points, requests } = run;
  const point = at ?? points.at(-1);
  const start = points[0];
  if (point === undefined) return `${method}: measuring the model before the first edit.`;
  if (point.edits === 0)
    return `${method}: 0 of ${requests.length} edits. Untouched facts stand at ${two(point.untouched?.p ?? Number.NaN)}.`;
  const parts = [
    point.efficacy ? `all ${point.edits} new answers stand at ${two(point.efficacy.p)}` : undefined,
    point.retention[0] ? `the oldest at ${two(point.retention[0].p)}` : undefined,
    point.untouched && start?.untouched
      ? `untouched facts at ${two(point.untouched.p)} of ${two(start.untouched.p)}`
      : undefined,
    point.perplexity
      ? `perplexity is ${two(point.perplexity.now / point.perplexity.base)} times the model’s own`
      : undefined,
  ].filter((part) => part !== undefined);
  const collapse = findCollapse(points);
  const broken =
    collapse === undefined || collapse.edits > point.edits
      ? ""
      : ` It collapsed at ${collapse.edits} edits: ${collapse.of === "untouched" ? "untouched facts had lost half of their probability" : "the edits had lost half of their best"}.`;
  return `${method} after ${point.edits} of ${requests.length} edits: ${parts.join(", ")}.${broken}`;
}

export function retentionSentence(point: LifelongPoint | undefined): string {
  const [oldest] = point?.retention ?? [];
  const newest = point?.retention.at(-1);
  if (point === undefined || oldest === undefined || newest === undefined || oldest === newest)
    return "How an edit fares with age shows after the second step.";
  const trend =
    oldest.p < newest.p - 0.05
      ? "early edits lost most"
      : oldest.p > newest.p + 0.05
        ? "late edits took less well"
        : "age makes no difference yet";
  return `The oldest edits (${oldest.from + 1} to ${oldest.to}) stand at ${two(oldest.p)}, the newest at ${two(newest.p)}: ${trend}.`;
}

export function interferenceSentence(points: readonly LifelongPoint[]): string {
  const predicted = interferenceCurve(points, "predicted").at(-1);
  const measured = interferenceCurve(points, "measured").at(-1);
  // The layer that agrees least: below an edited layer keys stay, above it they move.
  const error = Math.max(
    ...(points.at(-1)?.interference.untouched ?? []).map((layer) => layer.relativeError),
  );
  if (predicted === undefined || measured === undefined || predicted[0] === 0)
    return "The sum of all edits’ shares at untouched facts, and what is measured there.";
  const words =
    Number.isFinite(error) && error < 0.01
      ? `they agree to ${error.toExponential(0).replace("-", "−")} relative`
      : "keys themselves have moved, so the sum is an estimate";
  return `At untouched facts the output has moved by ${predicted[1].toFixed(2)} as the closed form’s sum predicts and ${measured[1].toFixed(2)} as measured: ${words}.`;
}

export function growthSentence(points: readonly LifelongPoint[]): string {
  const norm = normCurve(points).at(-1)?.[1] ?? 0;
  const perplexity = perplexityCurve(points).at(-1)?.[1];
  const text =
    perplexity === undefined ? "" : ` Perplexity on held text: ${two(perplexity)} times the model’s own.`;
  return `All edits together amount to ${(norm * 100).toFixed(0)}\u00a0% of the edited weights’ size.${text}`;
}
