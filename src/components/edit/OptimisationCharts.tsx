/** Loss and the target's probability over the steps of an edit. The only part that draws with recharts; loaded late. */
import { Line, LineChart, ReferenceLine, ResponsiveContainer, XAxis, YAxis } from "recharts";
import { visibleString } from "../../lib/visibleText";
import type { OptimisationStep } from "../../domain/edit";
import { ProseText } from "../ui/ModelText";
import { percent } from "../ui/numbers";
import styles from "./edit.module.css";

type CurveProps = {
  title: React.ReactNode;
  summary: string;
  data: readonly OptimisationStep[];
  field: "total" | "targetProbability";
  colour: string;
  top: number;
};

function Curve({ title, summary, data, field, colour, top }: CurveProps) {
  const last = Math.max(1, data.at(-1)?.step ?? 1);
  return (
    <figure className={styles.curve} aria-label={summary}>
      <figcaption>{title}</figcaption>
      <ResponsiveContainer width="100%" height={72}>
        <LineChart
          data={[...data]}
          margin={{ top: 4, right: 4, bottom: 0, left: 0 }}
          accessibilityLayer={false}
        >
          <XAxis dataKey="step" type="number" domain={[0, last]} hide />
          <YAxis
            width={30}
            domain={[0, top]}
            ticks={[0, top]}
            tickLine={false}
            axisLine={false}
            tick={{ fontSize: 11, fill: "var(--ink-soft)" }}
          />
          <ReferenceLine y={0} stroke="var(--line-strong)" />
          <Line dataKey={field} stroke={colour} strokeWidth={2} dot={false} isAnimationActive={false} />
        </LineChart>
      </ResponsiveContainer>
    </figure>
  );
}

type OptimisationChartsProps = {
  losses: readonly (readonly OptimisationStep[])[] | readonly OptimisationStep[];
  target: string;
};

export default function OptimisationCharts({ losses, target }: OptimisationChartsProps) {
  const data = losses.flat() as OptimisationStep[];
  const first = data[0];
  const last = data.at(-1);
  if (first === undefined || last === undefined) return null;
  const top = Number(Math.max(...data.map(({ total }) => total)).toPrecision(2));
  return (
    <>
      <Curve
        title={`loss ${last.total.toPrecision(2)}`}
        summary={`Loss from ${first.total.toPrecision(2)} to ${last.total.toPrecision(2)} in ${last.step + 1} steps`}
        data={data}
        field="total"
        colour="var(--edit)"
        top={top}
      />
      <Curve
        title={
          <>
            p(
            <ProseText text={target.length > 16 ? `${target.slice(0, 15).trimEnd()}…` : target} />){" "}
            {percent(last.targetProbability)}
          </>
        }
        summary={`Probability of ${visibleString(target, "none")} from ${percent(first.targetProbability)} to ${percent(last.targetProbability)}`}
        data={data}
        field="targetProbability"
        colour="var(--state)"
        top={1}
      />
    </>
  );
}
