/** What of a run is drawn: in front all its curves, behind it two of every other run, each in that run's own hue. */
import { findCollapse } from "../../lib/charts/findCollapse";
import type { LifelongRun } from "../../store/keptRuns";
import type { Marker, Series } from "../charts/LineChart";
import { efficacyCurve, neighbourCurve, paraphraseCurve, untouchedCurve } from "./lifelongCurves";

const HUES = 5;

/** By its place in the list, so that a run keeps its hue whichever is in front. */
export const runHue = (runs: readonly LifelongRun[], { id }: LifelongRun): string =>
  `var(--series-${1 + (runs.findIndex((run) => run.id === id) % HUES)})`;

export const FRONT_HUE = "var(--state)";

export function frontSeries({ points }: LifelongRun): Series[] {
  const thin = { width: 1.5 };
  return [
    {
      key: "efficacy",
      name: "new answers of all edits",
      points: efficacyCurve(points),
      stroke: FRONT_HUE,
      width: 2.5,
    },
    {
      ...thin,
      key: "paraphrases",
      name: "in other words",
      points: paraphraseCurve(points),
      stroke: FRONT_HUE,
      dash: "3 3",
    },
    {
      ...thin,
      key: "neighbours",
      name: "neighbours",
      points: neighbourCurve(points),
      stroke: "var(--mlp)",
      dash: "8 3 2 3",
    },
    {
      key: "untouched",
      name: "untouched facts",
      points: untouchedCurve(points),
      stroke: "var(--ink)",
      width: 2,
    },
  ];
}

/** New answers as a line, untouched facts dotted; one name for both. */
export function backSeries(run: LifelongRun, hue: string): Series[] {
  const { id, method, requests, points } = run;
  const common = { stroke: hue, width: 1.75 };
  return [
    { ...common, key: `${id} e`, name: `${method}, ${requests.length}`, points: efficacyCurve(points) },
    { ...common, key: `${id} u`, points: untouchedCurve(points), dash: "1.5 4" },
  ];
}

/** Where a run collapsed, and the point that was gone back to. */
export function runMarkers(run: LifelongRun, scrubbed: number | undefined): Marker[] {
  const collapse = findCollapse(run.points);
  return [
    ...(collapse
      ? [{ x: collapse.edits, label: `collapse at ${collapse.edits}`, stroke: "var(--bad)" }]
      : []),
    ...(scrubbed === undefined ? [] : [{ x: scrubbed, label: "the model is here", stroke: "var(--edit)" }]),
  ];
}
