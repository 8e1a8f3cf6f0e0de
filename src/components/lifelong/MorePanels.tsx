/** Why it breaks: retention by age, interference predicted and measured, growth of the weights and perplexity. */
import type { LifelongPoint } from "../../domain/lifelong";
import chart from "../charts/chart.module.css";
import { LineChart } from "../charts/LineChart";
import { Panel } from "../ui/Panel";
import { useSlice } from "../workspaceContext";
import {
  growthSentence,
  interferenceCurve,
  interferenceSentence,
  normCurve,
  perplexityCurve,
  retentionByAge,
  retentionSentence,
} from "./lifelongCurves";
import styles from "./lifelong.module.css";

export function MorePanels() {
  const run = useSlice("lifelong", ({ runs, current }) => runs.find(({ id }) => id === current));
  const scrubbed = useSlice("lifelong", (state) => state.scrubbed);
  if (run === undefined || run.points.length < 2) return null;
  const upTo = scrubbed === undefined ? run.points : run.points.filter(({ edits }) => edits <= scrubbed);
  const point = upTo.at(-1);
  return (
    <div className={styles.charts}>
      <Retention point={point} />
      <Interference points={upTo} />
      <Growth points={upTo} />
    </div>
  );
}

function Retention({ point }: { point: LifelongPoint | undefined }) {
  return (
    <Panel id="retention" title="Retention by age">
      <p className={chart.sentence} id="retention-sentence">
        {retentionSentence(point)}
      </p>
      <LineChart
        series={[
          {
            key: "age",
            name: "new answers",
            points: point ? retentionByAge(point) : [],
            stroke: "var(--state)",
          },
        ]}
        labelledBy="retention-sentence"
        xName="edits written since"
        yName="mean probability"
        yDomain={[0, 1]}
        xDomain={[0, Math.max(1, point?.edits ?? 1)]}
        hasLegend={false}
        hasDots
      />
    </Panel>
  );
}

function Interference({ points }: { points: readonly LifelongPoint[] }) {
  const predicted = interferenceCurve(points, "predicted");
  const measured = interferenceCurve(points, "measured");
  return (
    <Panel id="accumulated" title="Interference adds up">
      <p className={chart.sentence} id="accumulated-sentence">
        {predicted.length > 1
          ? interferenceSentence(points)
          : "This method changes no MLP output projection, so there is no closed form to add up."}
      </p>
      {predicted.length > 1 ? (
        <LineChart
          series={[
            { key: "measured", name: "measured", points: measured, stroke: "var(--edit)", width: 3 },
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
    </Panel>
  );
}

function Growth({ points }: { points: readonly LifelongPoint[] }) {
  return (
    <Panel id="growth" title="Norms and language">
      <p className={chart.sentence} id="growth-sentence">
        {growthSentence(points)}
      </p>
      <LineChart
        series={[
          {
            key: "perplexity",
            name: "perplexity, as a multiple",
            points: perplexityCurve(points),
            stroke: "var(--attention)",
          },
          {
            key: "norm",
            name: "‖W − W₀‖ / ‖W₀‖, largest",
            points: normCurve(points),
            stroke: "var(--mlp)",
            dash: "6 3",
          },
        ]}
        labelledBy="growth-sentence"
        xName="edits written"
      />
    </Panel>
  );
}
