/** Why it breaks: retention by age, interference predicted and measured, growth of the weights and perplexity. */
import type { ReactNode } from "react";
import type { LifelongPoint } from "../../domain/lifelong";
import type { LifelongRun } from "../../store/keptRuns";
import { ChartPanel } from "../charts/ChartPanel";
import { LineChart } from "../charts/LineChart";
import { domainOf, type Domain } from "../charts/plane";
import { useSlice } from "../workspaceContext";
import {
  growthSentence,
  interferenceCurve,
  interferenceSentence,
  normCurve,
  perplexityCurve,
  retentionByAge,
  retentionSentence,
  type CurvePoints,
} from "./lifelongCurves";
import layout from "../ui/layout.module.css";

/** `aside`: stands at the head of each, where the run is not the user's own. */
type ReasonProps = { points: readonly LifelongPoint[]; aside: ReactNode };

export function MorePanels({ stored }: { stored: LifelongRun | undefined }) {
  const own = useSlice("lifelong", ({ runs, current }) => runs.find(({ id }) => id === current));
  const run = own ?? stored;
  const scrubbed = useSlice("lifelong", (state) => state.scrubbed);
  if (run === undefined || run.points.length < 2) return null;
  const upTo = scrubbed === undefined ? run.points : run.points.filter(({ edits }) => edits <= scrubbed);
  const point = upTo.at(-1);
  const aside = run === stored ? <span className={layout.stamp}>stored result</span> : null;
  return (
    <div className={layout.charts}>
      <Retention point={point} aside={aside} />
      <Interference points={upTo} aside={aside} />
      <Growth points={upTo} aside={aside} />
    </div>
  );
}

function Retention({ point, aside }: { point: LifelongPoint | undefined; aside: ReactNode }) {
  return (
    <ChartPanel id="retention" title="Retention by age" sentence={retentionSentence(point)} aside={aside}>
      {point !== undefined && point.retention.length > 1 ? (
        <LineChart
          series={[{ key: "age", points: retentionByAge(point), stroke: "var(--state)" }]}
          labelledBy="retention-sentence"
          xName="edits written since"
          yName="mean probability"
          yDomain={[0, 1]}
          xDomain={[0, point.edits]}
          hasLegend={false}
          hasDots
        />
      ) : null}
    </ChartPanel>
  );
}

function Interference({ points, aside }: ReasonProps) {
  const predicted = interferenceCurve(points, "predicted");
  const measured = interferenceCurve(points, "measured");
  return (
    <ChartPanel
      id="accumulated"
      title="Interference adds up"
      aside={aside}
      sentence={
        predicted.length > 1
          ? interferenceSentence(points)
          : "This method changes no MLP output projection, so there is no closed form to add up."
      }
    >
      {predicted.length > 1 ? (
        <LineChart
          series={[
            {
              ...{ key: "measured", name: "measured", points: measured },
              ...{ stroke: "var(--edit)", width: 7, opacity: 0.45 },
            },
            {
              key: "predicted",
              name: "predicted: Σ p(kᵢ, y) δᵢ",
              points: predicted,
              stroke: "var(--state)",
              dash: "5 4",
            },
          ]}
          labelledBy="accumulated-sentence"
          xName="edits written"
          yName="mean change, untouched facts"
        />
      ) : null}
    </ChartPanel>
  );
}

/** About 1, so that a change of a few hundredths is seen for what it is. */
const aroundOne = (curve: CurvePoints): Domain =>
  domainOf(
    curve.map(([, y]) => y),
    [0.9, 1.1],
  );

function Growth({ points, aside }: ReasonProps) {
  const perplexity = perplexityCurve(points);
  return (
    <ChartPanel id="growth" title="Norms and language" sentence={growthSentence(points)} aside={aside}>
      <LineChart
        series={[
          {
            key: "perplexity",
            name: "perplexity",
            points: perplexity,
            stroke: "var(--attention)",
          },
        ]}
        labelledBy="growth-sentence"
        xName="edits written"
        yName="perplexity, as a multiple of the model’s own"
        height={170}
        yDomain={aroundOne(perplexity)}
        hasLegend={false}
      />
      <LineChart
        series={[{ key: "norm", name: "norm", points: normCurve(points), stroke: "var(--mlp)" }]}
        labelledBy="growth-sentence"
        xName="edits written"
        yName="largest change of a weight, ‖W − W₀‖ / ‖W₀‖"
        height={170}
        hasLegend={false}
      />
    </ChartPanel>
  );
}
