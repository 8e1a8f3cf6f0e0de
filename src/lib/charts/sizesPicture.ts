/** Excess kurtosis of P by depth, a line for each model (the paper's comparison of sizes). Pure. */
import { colourOf, type Scheme } from "../heatmap/colour";
import { drawLines, LINES_PANEL } from "./linesPanel";
import { SvgPicture } from "./svgPicture";

export type ModelKurtosis = {
  name: string;
  parameters: number;
  /** In the order of the layers. */
  layers: readonly { layer: number; kurtosis: number }[];
};

/** Strokes are told apart by dashes as well as by hue. */
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "4 4", "1 3"] as const;
const HUES = ["state", "mlp", "attention"] as const;

/** The largest model first; layers without a kurtosis are left out. */
export function sizesPicture(
  models: readonly ModelKurtosis[],
  sentence: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(LINES_PANEL.left + LINES_PANEL.width + 24, sentence, scheme);
  const lines = [...models]
    .sort((a, b) => b.parameters - a.parameters)
    .map(({ name, layers }, at) => {
      const last = Math.max(1, layers.at(-1)?.layer ?? 1);
      const points = layers.flatMap(({ layer, kurtosis }) =>
        Number.isFinite(kurtosis) ? [[layer / last, kurtosis] as const] : [],
      );
      const stroke = colourOf(0.9, HUES[at % HUES.length]!, false, scheme);
      return {
        name,
        points,
        stroke,
        style: ` stroke-width="1.8" stroke-dasharray="${DASHES[at % DASHES.length]!}"`,
      };
    });
  const panel = { title: "Excess kurtosis of P", xName: "depth, as a share of the layers", lines };
  return picture.finish(drawLines(picture, picture.top + 20, panel));
}
