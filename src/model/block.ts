/**
 * One transformer block of any family: attention and MLP on the residual stream, one after the other or side by side.
 * Which parts there are is said by the configuration's switches.
 */
import {
  activation,
  add,
  attention,
  concat,
  flatRows,
  gatedActivation,
  gatherRows,
  reshape,
  slice,
  split,
} from "../gpu/ops";
import { tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";
import type { KeyValue } from "./cache";
import { noHook, type BlockSite, type Hook } from "./hooks";
import type { Model } from "./model";
import { normalise, normaliseHeads, project, rotate, sizes } from "./projections";
import { matrixName, type MatrixRole } from "./weightNames";

export type BlockOptions = {
  /** Position of the residual's first row in the text; equals the prefix's length. */
  firstPosition?: number;
  /** Frozen keys and values of the positions before; row b of the batch looks back on prefix row b mod Bp. */
  prefix?: KeyValue | undefined;
  /** The residual is [1, N, d], rows of unlike lengths and places one after another: what belongs together in it. */
  segments?: readonly Segment[] | undefined;
  /** Compute the last position only; the others just lend it their keys and values. */
  lastQueryOnly?: boolean;
  /** Go on after attention with these of the flattened [B * S] positions only; the residual is then [n, 1, d]. */
  outputAt?: readonly number[] | undefined;
  at?: Hook;
};

/** Texts of equal length at an equal place: `rows` times `positions` of the N. `firstPosition` is the prefix's length. */
export type Segment = {
  rows: number;
  positions: number;
  firstPosition: number;
  prefix?: KeyValue | undefined;
};

/** Residual [B, S or 1, d] or [n, 1, d]; key and value [B, S, keyValueHeads * headDim] of the block's own positions. */
export type BlockResult = { residual: Tensor } & KeyValue;

/** Runs block `layer` on a residual [B, S, d]. The caller owns all three results. */
export function runBlock(
  model: Model,
  layer: number,
  residual: Tensor,
  options: BlockOptions = {},
): BlockResult {
  return tidy(() => new Block(model, layer, options).run(residual));
}

class Block {
  readonly #model: Model;
  readonly #layer: number;
  readonly #options: BlockOptions;
  /** Undefined: the whole batch is one segment. */
  readonly #segments: readonly Segment[] | undefined;

  constructor(model: Model, layer: number, options: BlockOptions) {
    for (const { prefix, firstPosition = 0 } of options.segments ?? [options]) {
      invariant(firstPosition === (prefix?.key.shape[1] ?? 0), "the first position follows the prefix");
    }
    this.#model = model;
    this.#layer = layer;
    this.#options = options;
    this.#segments = options.segments;
  }

  run(residual: Tensor): BlockResult {
    const { config } = this.#model;
    const normed = this.#normalise("attnNorm", residual);
    const { key, value } = this.#keysAndValues(normed);
    const attnOut = this.#attention(this.#queryRows(normed), key, value);
    const here = this.#outputRows(this.#queryRows(residual));
    const normedHere = this.#outputRows(this.#queryRows(normed));
    const after = config.residual === "sequential" ? add(here, attnOut) : here;
    const mlpInput = config.residual === "parallelOneNorm" ? normedHere : this.#normalise("mlpNorm", after);
    const mlpOut = this.#mlp(mlpInput);
    const sum = config.residual === "sequential" ? add(after, mlpOut) : add(here, add(attnOut, mlpOut));
    // A hook may return a tensor that is not ours, or keep ours: what leaves here is a handle of its own.
    return { residual: own(this.#at("resid", sum)), key: own(key), value: own(value) };
  }

  #keysAndValues(normed: Tensor): KeyValue {
    const { queryKeyNorm, keyValueHeads } = this.#model.config;
    let key = this.#project("attnKey", normed);
    if (queryKeyNorm) key = normaliseHeads(this.#model, `blocks.${this.#layer}.keyNorm`, key);
    key = this.#rotate(key, keyValueHeads, 0);
    return {
      key: this.#at("attnKey", key),
      value: this.#at("attnValue", this.#project("attnValue", normed)),
    };
  }

  #attention(normed: Tensor, key: Tensor, value: Tensor): Tensor {
    const { config } = this.#model;
    const { heads, keyValueHeads, attentionScale: scale } = config;
    let query = this.#project("attnQuery", normed);
    if (config.queryKeyNorm) query = normaliseHeads(this.#model, `blocks.${this.#layer}.queryNorm`, query);
    query = this.#at("attnQuery", this.#rotate(query, heads, key.shape[1]! - normed.shape[1]!));
    const window = config.layerAttention[this.#layer]?.window;
    const z = this.#bySegment([query, key, value], ([query, key, value], { prefix }) =>
      attention({ query: query!, key: key!, value: value!, heads, keyValueHeads, scale, window, prefix }),
    );
    const raw = this.#at("attnRaw", this.#project("attnOut", this.#at("attnZ", this.#outputRows(z))));
    return this.#at("attnOut", config.outputNorms ? this.#normalise("attnOutNorm", raw) : raw);
  }

  #mlp(input: Tensor): Tensor {
    const { config } = this.#model;
    const up = this.#project("mlpIn", input);
    const key = config.gatedMlp
      ? gatedActivation(this.#project("mlpGate", input), up, config.activation)
      : activation(up, config.activation);
    const raw = this.#at("mlpRaw", this.#project("mlpOut", this.#at("mlpKey", key)));
    return this.#at("mlpOut", config.outputNorms ? this.#normalise("mlpOutNorm", raw) : raw);
  }

  /** Turns queries or keys by their positions; `offset` positions of the block's own stand before x's first. */
  #rotate(x: Tensor, heads: number, offset: number): Tensor {
    if (this.#model.config.layerAttention[this.#layer]?.rotary === undefined) return x;
    return this.#bySegment([x], ([x], { firstPosition }) =>
      rotate(this.#model, this.#layer, x!, heads, firstPosition + offset),
    );
  }

  /** Applies `f` to each segment as a batch [rows, positions, width] and puts the results together again. */
  #bySegment(
    xs: readonly Tensor[],
    f: (batches: readonly Tensor[], place: Pick<Segment, "firstPosition" | "prefix">) => Tensor,
  ): Tensor {
    const segments = this.#segments;
    const { prefix, firstPosition = 0 } = this.#options;
    if (!segments) return f(xs, { prefix, firstPosition });
    const extents = segments.map(({ rows, positions }) => rows * positions);
    const cut = xs.map((x) => split(flatRows(x), extents, 0));
    const parts = segments.map((segment, at) => {
      const { rows, positions } = segment;
      const batches = cut.map((pieces) => reshape(pieces[at]!, [rows, positions, -1]));
      return flatRows(f(batches, segment));
    });
    const whole = concat(parts, 0);
    return reshape(whole, [1, ...(whole.shape as [number, number])]);
  }

  /** The positions that look back on the others. */
  #queryRows(x: Tensor): Tensor {
    const [batch, positions, width] = sizes(x);
    if (this.#options.lastQueryOnly !== true || positions === 1) return x;
    return slice(x, [0, positions - 1, 0], [batch, 1, width]);
  }

  /** The positions whose own output is wanted. */
  #outputRows(x: Tensor): Tensor {
    const { outputAt } = this.#options;
    if (outputAt === undefined) return x;
    const [batch, positions, width] = sizes(x);
    const rows = gatherRows(reshape(x, [batch * positions, width]), outputAt);
    return reshape(rows, [outputAt.length, 1, width]);
  }

  #project(role: MatrixRole, x: Tensor): Tensor {
    return project(this.#model, matrixName(this.#layer, role), x);
  }

  #normalise(role: "attnNorm" | "mlpNorm" | "attnOutNorm" | "mlpOutNorm", x: Tensor): Tensor {
    return normalise(this.#model, `blocks.${this.#layer}.${role}`, x);
  }

  #at(site: BlockSite, x: Tensor): Tensor {
    const { at = noHook } = this.#options;
    return at(`blocks.${this.#layer}.${site}`, x);
  }
}

/** A second handle on the same values; costs nothing. */
export const own = (x: Tensor): Tensor => reshape(x, x.shape);
