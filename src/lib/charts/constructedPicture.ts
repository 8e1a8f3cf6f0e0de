/** A constructed memory as it fills: what is lost of all facts so far, beside what the shares predict. Pure. */
import type { ConstructedMemory } from "../../domain/superposition";
import { colourOf, type Scheme } from "../heatmap/colour";
import { drawLines, LINES_PANEL } from "./linesPanel";
import { SvgPicture } from "./svgPicture";

export function constructedPicture(
  { meanLoss, loss }: Pick<ConstructedMemory, "meanLoss" | "loss">,
  sentence: string,
  scheme: Scheme = "light",
): string {
  const picture = new SvgPicture(LINES_PANEL.left + LINES_PANEL.width + 24, sentence, scheme);
  const hue = (name: "state" | "mlp"): string => colourOf(0.9, name, false, scheme);
  const lines = [
    {
      name: "mean of all facts so far",
      points: meanLoss.map((value, at) => [at + 1, value] as const),
      ...{ stroke: hue("mlp"), style: ' stroke-width="2"' },
    },
    {
      name: "at the end, as predicted",
      points: loss.map(({ predicted }, at) => [at + 1, predicted] as const),
      ...{ stroke: hue("state"), style: ' stroke-width="1.5" stroke-dasharray="4 3"' },
    },
  ];
  const panel = { title: "Loss ‖W k − v‖ / ‖v‖", xName: "facts written", lines };
  return picture.finish(drawLines(picture, picture.top + 20, panel));
}
