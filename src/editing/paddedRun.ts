/**
 * A text with padding behind it as the published code's batches run it: nothing looks back on padding, and padding looks
 * back on the text alone, not even on itself. Rows here have no padding; this is for what its states bring about there.
 */
import { attention, concat, gatherRows, reshape, slice } from "../gpu/ops";
import { dispose, tidy, type Tensor } from "../gpu/tensor";
import { runBlock } from "../model/forward";
import type { KeyValue } from "../model/cache";
import { chain, noHook, type Hook } from "../model/hooks";
import type { Model } from "../model/model";
import { runAtOnce, runWithPauses, type Steps } from "../model/steps";
import type { Tokenizer } from "../model/tokenizer/tokenizer";

export type PaddedOptions = {
  /** Runs blocks fromLayer … toLayer - 1; all that remain by default. */
  toLayer?: number;
  /** Sees the padding's sites. */
  at?: Hook;
};

/** The published code pads with the end-of-text token. */
export const paddingId = ({ eosIds }: Tokenizer): number => eosIds[0] ?? 0;

/**
 * Blocks from `fromLayer` on over a residual [1, S + P, d] that stays the caller's: a text of `textLength` positions and
 * its padding. Synchronous and differentiable.
 */
export function runPadded(
  model: Model,
  fromLayer: number,
  residual: Tensor,
  textLength: number,
  options: PaddedOptions = {},
): Tensor {
  return tidy(() => runAtOnce(paddedSteps(model, fromLayer, residual, textLength, options)));
}

/** `runPadded` that lets events in between blocks. Throws `cancelled`. */
export function runPaddedWithPauses(
  model: Model,
  fromLayer: number,
  residual: Tensor,
  textLength: number,
  { signal, ...options }: PaddedOptions & { signal?: AbortSignal | undefined } = {},
): Promise<Tensor> {
  return runWithPauses(paddedSteps(model, fromLayer, residual, textLength, options), signal);
}

function* paddedSteps(
  model: Model,
  fromLayer: number,
  start: Tensor,
  textLength: number,
  { toLayer = model.config.layers, at = noHook }: PaddedOptions,
): Steps<Tensor> {
  const [, positions, width] = start.shape as [number, number, number];
  let text = slice(start, [0, 0, 0], [1, textLength, width]);
  let padding = slice(start, [0, textLength, 0], [1, positions - textLength, width]);
  try {
    for (let layer = fromLayer; layer < toLayer; layer++) {
      const read = runBlock(model, layer, text);
      const behind = runBlock(model, layer, padding, {
        firstPosition: textLength,
        prefix: read,
        at: chain(lookingBackOn(model, layer, read), at),
      });
      dispose(text, padding, read.key, read.value, behind.key, behind.value);
      [text, padding] = [read.residual, behind.residual];
      yield;
    }
    return concat([text, padding], 1);
  } finally {
    dispose(text, padding);
  }
}

/** Padding run together; bounds the memory of its copies of the text's keys and values. */
const PIECE = 64;

/** What padding's attention brings, [1, P, width], is computed anew from the text's keys and values alone. */
function lookingBackOn({ config }: Model, layer: number, { key, value }: KeyValue): Hook {
  const { heads, keyValueHeads, attentionScale: scale } = config;
  const window = config.layerAttention[layer]?.window;
  const length = key.shape[1]!;
  let query: Tensor | undefined;
  return (site, x) => {
    if (site === `blocks.${layer}.attnQuery`) query = x;
    if (site !== `blocks.${layer}.attnZ` || !query) return x;
    const [, count, width] = query.shape as [number, number, number];
    // Within a window, every position sees a part of its own; where nothing is left in it, the last token.
    const piece = window !== undefined && length + count > window ? 1 : PIECE;
    const parts: Tensor[] = [];
    for (let first = 0; first < count; first += piece) {
      const rows = Math.min(piece, count - first);
      const from = Math.max(0, Math.min(length - 1, length + first + 1 - (window ?? Infinity)));
      const own = reshape(slice(query, [0, first, 0], [1, rows, width]), [rows, 1, width]);
      const z = attention({ query: own, key: repeated(key, rows, from), value: repeated(value, rows, from), heads, keyValueHeads, scale }); // prettier-ignore
      parts.push(reshape(z, [1, rows, width]));
    }
    return concat(parts, 1);
  };
}

/** Positions from `from` on of x [1, S, width], `rows` times. */
function repeated(x: Tensor, rows: number, from: number): Tensor {
  const [, length, width] = x.shape as [number, number, number];
  const places = Int32Array.from({ length: rows * (length - from) }, (_, i) => from + (i % (length - from)));
  return reshape(gatherRows(reshape(x, [length, width]), places), [rows, length - from, width]);
}
