/**
 * The one forward pass, whole or from any block on. Everything that looks inside or intervenes does so through hooks;
 * everything that starts in the middle (generation, fast traces, target vectors) brings a residual and a prefix.
 */
import { add, gatherRows, lookup, project as projectOnTable, reshape, scale, slice } from "../gpu/ops";
import { dispose, keep, tidy, type Tensor } from "../gpu/tensor";
import { AppError, invariant } from "../lib/errors";
import { own, runBlock, type BlockResult, type Segment } from "./block";
import type { KeyValue, KeyValueCache } from "./cache";
import { noHook, type Hook } from "./hooks";
import type { Model } from "./model";
import { normalise, sizes } from "./projections";
import { runAtOnce, runWithPauses, type Steps } from "./steps";

export { runBlock } from "./block";
export type { BlockOptions, BlockResult, Segment } from "./block";

/** Token ids, row-major [batch, positions]. */
export type TokenBatch = { batch: number; positions: number; ids: Int32Array };

export type ResumeOptions = {
  /** Position of the residual's first row in the text; equals the prefixes' length. */
  firstPosition?: number;
  /** Keys and values of the positions before, per layer. */
  prefix?: (layer: number) => KeyValue | undefined;
  /** Instead of both, per layer: what belongs together in a residual [1, N, d] of rows of unlike lengths and places. */
  segments?: (layer: number) => readonly Segment[] | undefined;
  /** The last layer computes the last position only; its residual is then [B, 1, d]. */
  lastQueryOnly?: boolean;
  /** The last layer goes on after attention with these of the flattened positions only; its residual is [n, 1, d]. */
  outputAt?: readonly number[];
  /** Runs blocks fromLayer … toLayer - 1; all that remain by default. */
  toLayer?: number;
  /** Takes ownership of the layer's keys and values; without it they are freed. */
  keepKeyValue?: (layer: number, kept: KeyValue) => void;
  at?: Hook;
};

/** Rows of the flattened [batch * positions, d] final residual whose logits are wanted. */
export type LogitRows = "last" | "all" | "none" | Int32Array;

export type ForwardOptions = {
  at?: Hook;
  logitsAt?: LogitRows;
  lastQueryOnly?: boolean;
  /** Continues after the cached positions and appends the new ones. */
  cache?: KeyValueCache;
};

/** Residual [B, S or 1, d] after the last block; logits [rows, V] unless none were asked for. */
export type ForwardResult = { residual: Tensor; logits?: Tensor };

/** Tokens of one row. */
export const oneRow = (ids: ArrayLike<number>): TokenBatch => ({
  batch: 1,
  positions: ids.length,
  ids: Int32Array.from(ids),
});

/**
 * Input of block 0, [B, S, d]: embeddings, scaled where the family does, with learned positions where it has them.
 * Throws `prompt-too-long` beyond the model's context length, `bad-tokenizer` for a token that the model has no row for.
 */
export function embed(
  model: Model,
  { batch, positions, ids }: TokenBatch,
  { firstPosition = 0, at = noHook }: { firstPosition?: number; at?: Hook } = {},
): Tensor {
  const { config, weights } = model;
  invariant(
    ids.length === batch * positions,
    `${batch} rows of ${positions} tokens need ${batch * positions} ids`,
  );
  checkLength(model, firstPosition + positions);
  checkIds(config.vocabularySize, ids);
  return tidy(() => {
    let x = lookup(weights.embedding, ids);
    if (config.embeddingScale !== 1) x = scale(x, config.embeddingScale);
    x = reshape(x, [batch, positions, config.residualWidth]);
    if (weights.positions !== undefined) {
      x = add(x, slice(weights.positions, [firstPosition, 0], [positions, config.residualWidth]));
    }
    return own(at("embed", x));
  });
}

/**
 * Runs the blocks from `fromLayer` on over a residual [B, S, d], which stays the caller's. Synchronous, for gradients;
 * `resumeWithPauses` is for jobs.
 */
export function runBlocks(
  model: Model,
  fromLayer: number,
  residual: Tensor,
  options: ResumeOptions = {},
): Tensor {
  return tidy(() => runAtOnce(blockSteps(model, fromLayer, residual, options)));
}

/** `runBlocks` that lets events in between blocks. Throws `cancelled`. */
export async function runBlocksWithPauses(
  model: Model,
  fromLayer: number,
  residual: Tensor,
  options: ResumeOptions & { signal?: AbortSignal | undefined } = {},
): Promise<Tensor> {
  return runWithPauses(blockSteps(model, fromLayer, residual, options), options.signal);
}

/** The final norm; x [B, S, d], calls the hook at `final`. */
export function finalNorm(model: Model, residual: Tensor, at: Hook = noHook): Tensor {
  return tidy(() => own(at("final", normalise(model, "finalNorm", residual))));
}

/** Logits [n, V] of residual rows [n, d] after the last block: final norm, then the output matrix. */
export function unembed(model: Model, rows: Tensor): Tensor {
  return tidy(() => logitsOf(model, normalise(model, "finalNorm", rows)));
}

/** Synchronous, for gradients and small models; `forwardWithPauses` is for jobs. The caller owns the results. */
export function forward(model: Model, tokens: TokenBatch, options: ForwardOptions = {}): ForwardResult {
  return tidy(() => runAtOnce(forwardSteps(model, tokens, options)));
}

/** `forward` that lets events in between blocks. Throws `cancelled`. */
export async function forwardWithPauses(
  model: Model,
  tokens: TokenBatch,
  options: ForwardOptions & { signal?: AbortSignal | undefined } = {},
): Promise<ForwardResult> {
  return runWithPauses(forwardSteps(model, tokens, options), options.signal);
}

function* forwardSteps(model: Model, tokens: TokenBatch, options: ForwardOptions): Steps<ForwardResult> {
  const { at = noHook, cache, logitsAt = "last", lastQueryOnly = false } = options;
  const firstPosition = cache?.length ?? 0;
  const added: KeyValue[] = [];
  const embedded = embed(model, tokens, { firstPosition, at });
  let finished = false;
  try {
    const residual = yield* blockSteps(model, 0, embedded, {
      firstPosition,
      lastQueryOnly,
      at,
      ...(cache === undefined ? {} : { prefix: (layer) => cache.prefix(layer) }),
      ...(cache === undefined ? {} : { keepKeyValue: (_layer, kept) => void added.push(kept) }),
    });
    const logits = logitsAt === "none" ? undefined : logitsAtRows(model, residual, logitsAt, at);
    cache?.append(added);
    finished = true;
    return logits === undefined ? { residual } : { residual, logits };
  } finally {
    dispose(embedded);
    if (!finished) for (const { key, value } of added) dispose(key, value);
  }
}

/** What the options about the last layer are in all others. */
const WHOLE = { lastQueryOnly: false, outputAt: undefined };

function* blockSteps(model: Model, fromLayer: number, start: Tensor, options: ResumeOptions): Steps<Tensor> {
  const { prefix, segments, toLayer = model.config.layers, keepKeyValue, ...rest } = options;
  const places = segments?.(fromLayer) ?? [
    { firstPosition: options.firstPosition ?? 0, positions: sizes(start)[1] },
  ];
  for (const { firstPosition, positions } of places) checkLength(model, firstPosition + positions);
  let residual = own(start);
  let finished = false;
  try {
    for (let layer = fromLayer; layer < toLayer; layer++) {
      const result: BlockResult = runBlock(model, layer, residual, {
        ...rest,
        prefix: prefix?.(layer),
        segments: segments?.(layer),
        ...(layer === model.config.layers - 1 ? {} : WHOLE),
      });
      dispose(residual);
      residual = result.residual;
      if (keepKeyValue) keepKeyValue(layer, { key: keep(result.key), value: keep(result.value) });
      else dispose(result.key, result.value);
      yield;
    }
    finished = true;
    return residual;
  } finally {
    if (!finished) dispose(residual);
  }
}

function logitsAtRows(model: Model, residual: Tensor, wanted: Exclude<LogitRows, "none">, at: Hook): Tensor {
  return tidy(() => {
    const [batch, positions, width] = sizes(residual);
    const rows = reshape(finalNorm(model, residual, at), [batch * positions, width]);
    if (wanted === "all" || (wanted === "last" && positions === 1)) return logitsOf(model, rows);
    const last = () => Array.from({ length: batch }, (_, row) => (row + 1) * positions - 1);
    return logitsOf(model, gatherRows(rows, wanted === "last" ? last() : wanted));
  });
}

/** Of rows that have passed the final norm. */
function logitsOf({ weights }: Model, rows: Tensor): Tensor {
  const logits = projectOnTable(rows, weights.output);
  const bias = weights.vector("output.bias");
  return bias === undefined ? logits : add(logits, bias);
}

/** Tokenizer and weights come in files of their own, so one may know tokens that the other has no row for. */
function checkIds(rows: number, ids: Int32Array): void {
  const id = ids.find((candidate) => candidate < 0 || candidate >= rows);
  if (id === undefined) return;
  const message = `The tokenizer makes token ${id} of this text, but the model knows ${rows} tokens.`;
  throw new AppError("bad-tokenizer", message, "Use the tokenizer that was published with the model.", {
    id,
  });
}

function checkLength({ config }: Model, positions: number): void {
  if (positions <= config.contextLength) return;
  throw new AppError(
    "prompt-too-long",
    `The text has ${positions} tokens; this model reads at most ${config.contextLength}.`,
    "Shorten the prompt, or ask for fewer new tokens.",
    { positions, contextLength: config.contextLength },
  );
}
