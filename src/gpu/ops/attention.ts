/** Causal attention over grouped heads. */
import { invariant } from "../../lib/errors";
import { runOne } from "../kernelSpec";
import { attentionKernel, attentionProbabilitiesKernel } from "../specs/attention";
import type { AttentionAttributes } from "../specs/attention";
import type { Tensor } from "../tensor";
import { dispose, scalar } from "../tensor";
import { expectShape, lastExtent } from "./shape";

export interface AttentionInput {
  /** [B, Sq, heads * dh]; Sq <= S: the queries are the last Sq of the P + S positions. */
  readonly query: Tensor;
  /** [B, S, keyValueHeads * dh] */
  readonly key: Tensor;
  /** [B, S, keyValueHeads * dh] */
  readonly value: Tensor;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** What scores are multiplied by, as 1 / sqrt(dh). */
  readonly scale: number;
  /** Position i sees only j with i - j < window. */
  readonly window?: number | undefined;
  /** Frozen keys and values [Bp, P, keyValueHeads * dh] of positions 0 … P - 1; row b reads prefix row b mod Bp. */
  readonly prefix?: { readonly key: Tensor; readonly value: Tensor } | undefined;
}

/** Output [B, Sq, heads * dh]; gradients to query, key and value. */
export function attention(input: AttentionInput): Tensor {
  const attrs = checkAttention("attention", input);
  const { query, key, value, prefix } = input;
  const absent = prefix ? undefined : scalar(0);
  const prefixKey = (prefix?.key ?? absent) as Tensor;
  const prefixValue = (prefix?.value ?? absent) as Tensor;
  const y = runOne(attentionKernel, { query, key, value, prefixKey, prefixValue }, attrs);
  dispose(absent);
  return y;
}

/** Probabilities [B, heads, Sq, P + S], zero where masked. Not differentiable. */
export function attentionProbabilities(input: AttentionInput): Tensor {
  const attrs = checkAttention("attentionProbabilities", input);
  const absent = input.prefix ? undefined : scalar(0);
  const prefixKey = (input.prefix?.key ?? absent) as Tensor;
  const y = runOne(attentionProbabilitiesKernel, { query: input.query, key: input.key, prefixKey }, attrs);
  dispose(absent);
  return y;
}

function checkAttention(op: string, input: AttentionInput): AttentionAttributes {
  const { query, key, value, heads, keyValueHeads, scale, window, prefix } = input;
  invariant(
    heads > 0 && keyValueHeads > 0 && heads % keyValueHeads === 0,
    `${op}: ${heads} heads cannot share ${keyValueHeads} key/value heads`,
  );
  const width = lastExtent(op, query);
  invariant(width % heads === 0, `${op}: query width ${width} is not a multiple of ${heads} heads`);
  invariant(scale > 0, `${op}: scale must be positive, got ${scale}`);
  invariant(window === undefined || window > 0, `${op}: window must be positive, got ${window}`);
  const keyWidth = (width / heads) * keyValueHeads;
  const [batch = 0, queries = 0] = expectShape(op, "query", query, ["B", "Sq", width]);
  const [, positions = 0] = expectShape(op, "key", key, [batch, "S", keyWidth]);
  expectShape(op, "value", value, [batch, positions, keyWidth]);
  invariant(
    queries <= positions,
    `${op}: ${queries} queries for ${positions} keys; queries are the last positions`,
  );
  const prefixLength = prefix ? checkPrefix(op, prefix, batch, keyWidth) : 0;
  return { heads, keyValueHeads, scale, window: window ?? 0, prefix: prefixLength };
}

function checkPrefix(
  op: string,
  prefix: { readonly key: Tensor; readonly value: Tensor },
  batch: number,
  keyWidth: number,
): number {
  const [prefixBatch = 0, length = 0] = expectShape(op, "prefix.key", prefix.key, ["Bp", "P", keyWidth]);
  expectShape(op, "prefix.value", prefix.value, [prefixBatch, length, keyWidth]);
  invariant(
    prefixBatch > 0 && batch % prefixBatch === 0,
    `${op}: prefix batch ${prefixBatch} does not divide batch ${batch}`,
  );
  return length;
}
