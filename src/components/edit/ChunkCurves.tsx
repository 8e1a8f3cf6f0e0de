/** The loss of every chunk as it is optimised: small curves side by side, each in its chunk's colour. */
import type { OptimisationStep } from "../../domain/edit";
import { percent } from "../ui/numbers";
import styles from "./longTarget.module.css";

const BOX = { width: 60, height: 26 } as const;
const HUES = 3;

function pathOf(steps: readonly OptimisationStep[], top: number, most: number): string {
  return steps
    .map(({ total }, index) => {
      const x = (BOX.width * index) / Math.max(1, most - 1);
      const y = BOX.height - 1 - ((BOX.height - 2) * Math.max(0, total)) / Math.max(top, 1e-9);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

const short = (loss: number): string => (loss < 0.01 ? "<0.01" : loss.toPrecision(2));

export default function ChunkCurves({ losses }: { losses: readonly (readonly OptimisationStep[])[] }) {
  const all = losses.flat();
  const top = Math.max(...all.map(({ total }) => total));
  const most = Math.max(...losses.map((steps) => steps.length));
  const lasts = losses.flatMap((steps) => steps.at(-1) ?? []);
  const worst = Math.max(...lasts.map(({ total }) => total));
  const mean = lasts.reduce((sum, { targetProbability }) => sum + targetProbability, 0) / lasts.length;
  return (
    <figure className={styles.curves} aria-label="Loss of every chunk">
      <figcaption>
        {losses.length === 1 ? "1 chunk" : `${losses.length} chunks`}, each with the loss it ends at:{" "}
        {short(worst)} at most; on average the tokens of a chunk reach a probability of {percent(mean)}.
      </figcaption>
      <ol>
        {losses.map((steps, chunk) => {
          const [first, last] = [steps[0], steps.at(-1)];
          const words =
            first === undefined || last === undefined
              ? "not begun"
              : `loss ${short(first.total)} to ${short(last.total)} in ${steps.length} passes`;
          return (
            <li key={chunk} data-hue={chunk % HUES}>
              <svg
                viewBox={`0 0 ${BOX.width} ${BOX.height}`}
                preserveAspectRatio="none"
                role="img"
                aria-label={`Chunk ${chunk + 1}: ${words}`}
              >
                <polyline points={pathOf(steps, top, most)} vectorEffect="non-scaling-stroke" />
              </svg>
              <span aria-hidden="true">
                {chunk + 1} · {last === undefined ? "…" : short(last.total)}
              </span>
            </li>
          );
        })}
      </ol>
    </figure>
  );
}
