/** The likeliest next tokens with one state restored: what a cell of the heatmap stands for, in words. */
import { gatherRows, mean, softmax } from "../gpu/ops";
import { dispose, read, tidy } from "../gpu/tensor";
import type { CallContext } from "../domain/progress";
import type { CellRequest, CellResult } from "../domain/trace";
import { AppError } from "../lib/errors";
import { assertFiniteAnswer } from "../lib/finite";
import { unembed } from "../model/forward";
import type { Model } from "../model/model";
import { bestOf } from "./answer";
import { makeBaselines } from "./baselines";
import { restoredLastRows } from "./naiveTrace";
import type { NoiseReference } from "./noise";

const MOST = 100;

/**
 * The `top` tokens with the highest mean probability over the noise samples. One whole pass: exact and quick enough for
 * a single cell.
 * @throws AppError bad-request for a cell outside the heatmap, and what `trace` throws
 */
export async function cellTop(
  model: Model,
  { trace, token, layer, top }: CellRequest,
  reference: NoiseReference,
  { signal }: Pick<CallContext, "signal">,
): Promise<CellResult> {
  const baselines = await makeBaselines(model, trace, reference, signal);
  try {
    const { first, scored, site } = baselines;
    const isInside =
      isIndex(token, scored.positions) && isIndex(layer, scored.layers) && isIndex(top - 1, MOST);
    if (!isInside) {
      const message = `There is no cell at token ${token}, layer ${layer}, or ${top} tokens cannot be listed.`;
      throw new AppError("bad-request", message, "", { token, layer, top });
    }
    const kind = trace.kind === "state" ? ("state" as const) : ("window" as const);
    const recorded = trace.sever ? first : undefined;
    const cell = { token, layer, kind, site, window: trace.window, recorded };
    const rows = await restoredLastRows(cell, { model, scored, signal });
    const probabilities = tidy(() => {
      const corrupted = gatherRows(
        rows,
        Array.from({ length: scored.samples }, (_, sample) => sample + 1),
      );
      return mean(softmax(unembed(model, corrupted)), 0);
    });
    const values = await read(probabilities);
    dispose(rows, probabilities);
    assertFiniteAnswer(values);
    const text = (id: number): string => model.tokenizer.tokenText(id);
    return {
      top: bestOf(values, Math.min(top, values.length)).map((id) => ({ id, text: text(id), p: values[id]! })),
    };
  } finally {
    baselines.dispose();
  }
}

const isIndex = (value: number, count: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < count;
