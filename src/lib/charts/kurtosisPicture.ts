/** Excess kurtosis of P by layer (the paper's figure 5): high where few facts share directions. Pure. */
import { colourOf, type Scheme } from "../heatmap/colour";
import { axisTicks } from "./axisTicks";
import { SvgPicture } from "./svgPicture";

const SIZE = { left: 56, width: 560, height: 260 } as const;

export type LayerKurtosis = { layer: number; kurtosis: number; kurtosisWithout: number };

/** `kurtosisWithout`: of the entries with |p| up to 0.9. */
export function kurtosisPicture(
  layers: readonly LayerKurtosis[],
  sentence: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(SIZE.left + SIZE.width + 24, sentence, scheme);
  const values = layers.flatMap(({ kurtosis, kurtosisWithout }) => [kurtosis, kurtosisWithout]);
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(1, ...finite)];
  const [first, last] = [layers[0]?.layer ?? 0, layers.at(-1)?.layer ?? 0];
  const x = (layer: number): number =>
    SIZE.left + 12 + ((layer - first) / Math.max(1, last - first)) * (SIZE.width - 24);
  const y = (value: number): number => picture.top + SIZE.height * (1 - (value - low) / (high - low));
  const foot = picture.top + SIZE.height;
  picture.line([[SIZE.left, y(0)], [SIZE.left + SIZE.width, y(0)]], picture.ink, ' stroke-dasharray="2 4"'); // prettier-ignore
  for (const tick of axisTicks(low, high)) picture.text(SIZE.left - 6, y(tick) + 4, "end", String(tick));
  const draw = (of: (one: LayerKurtosis) => number, stroke: string, style: string): void => {
    const points = layers.flatMap((one) =>
      Number.isFinite(of(one)) ? [[x(one.layer), y(of(one))] as const] : [],
    );
    picture.line(points, stroke, style);
    for (const [px, py] of points) picture.rectangle(px - 2, py - 2, 4, 4, stroke);
  };
  draw(({ kurtosis }) => kurtosis, colourOf(0.9, "state", false, scheme), ' stroke-width="1.5"');
  draw(
    ({ kurtosisWithout }) => kurtosisWithout,
    colourOf(0.9, "mlp", false, scheme),
    ' stroke-dasharray="5 3"',
  );
  const step = Math.max(1, Math.ceil(layers.length / 16));
  layers.forEach(({ layer }, at) => {
    if (at % step === 0) picture.text(x(layer), foot + 16, "middle", String(layer));
  });
  picture.text(
    SIZE.left,
    foot + 38,
    "start",
    "layer · excess kurtosis of P; dashed without |p| > 0.9 · a normal has 0",
  );
  return picture.finish(foot + 54);
}
