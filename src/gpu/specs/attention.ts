/**
 * Causal attention with grouped heads, an optional window, an optional frozen prefix shared by the batch, and queries
 * that may be fewer than the keys (then they are the last positions).
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { defineKernel, run } from "../kernelSpec";
import * as reference from "../reference/attention";
import type { AttentionSize } from "../reference/attention";

export type AttentionAttributes = {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly scale: number;
  /** 0 means no window. */
  readonly window: number;
  /** P; 0 means that `prefixKey` and `prefixValue` are scalars nobody reads. */
  readonly prefix: number;
};

type Shape = readonly number[];

/** All sizes of one call, from its shapes: query [B, Sq, H*dh], key [B, S, Hkv*dh], prefixKey [Bp, P, Hkv*dh]. */
export function attentionSize(
  shapes: { readonly query: Shape; readonly key: Shape; readonly prefixKey: Shape },
  attrs: AttentionAttributes,
): AttentionSize {
  const [batch = 0, queries = 0, width = 0] = shapes.query;
  return {
    batch,
    queries,
    keys: shapes.key[1] ?? 0,
    prefix: attrs.prefix,
    prefixBatch: attrs.prefix > 0 ? (shapes.prefixKey[0] ?? 1) : 1,
    heads: attrs.heads,
    keyValueHeads: attrs.keyValueHeads,
    headDim: width / attrs.heads,
    scale: attrs.scale,
    window: attrs.window,
  };
}

/** [dQuery, dKey, dValue], shaped like the inputs. Recomputes the probabilities instead of having them saved. */
export const attentionGradientKernel = defineKernel<
  "dy" | "query" | "key" | "value" | "prefixKey" | "prefixValue",
  AttentionAttributes
>({
  name: "PalimpsestAttentionGradient",
  inputs: ["dy", "query", "key", "value", "prefixKey", "prefixValue"],
  outputShapes: ({ query, key, value }) => [[...query], [...key], [...value]],
  reference: ({ dy, query, key, value, prefixKey, prefixValue }, attrs) => {
    const size = attentionSize({ query: query.shape, key: key.shape, prefixKey: prefixKey.shape }, attrs);
    return reference.attentionGradient(size, {
      dy: dy.values,
      query: query.values,
      key: key.values,
      value: value.values,
      prefixKey: prefixKey.values,
      prefixValue: prefixValue.values,
    });
  },
});

/** y [B, Sq, H*dh]. */
export const attentionKernel = defineKernel<
  "query" | "key" | "value" | "prefixKey" | "prefixValue",
  AttentionAttributes
>({
  name: "PalimpsestAttention",
  inputs: ["query", "key", "value", "prefixKey", "prefixValue"],
  outputShapes: ({ query }) => [[...query]],
  reference: ({ query, key, value, prefixKey, prefixValue }, attrs) => {
    const size = attentionSize({ query: query.shape, key: key.shape, prefixKey: prefixKey.shape }, attrs);
    const values = { query: query.values, key: key.values, value: value.values };
    return [
      reference.attention(size, { ...values, prefixKey: prefixKey.values, prefixValue: prefixValue.values }),
    ];
  },
  gradient: {
    save: ["query", "key", "value", "prefixKey", "prefixValue"],
    of: (dy, { query, key, value, prefixKey, prefixValue }, attrs) => {
      // tfjs asks for each gradient in a scope of its own and frees what else was made there, so the one kernel that
      // gives all three runs here, before.
      const [dQuery, dKey, dValue] = run(
        attentionGradientKernel,
        { dy, query, key, value, prefixKey, prefixValue },
        attrs,
      ) as [Tensor, Tensor, Tensor];
      return { query: () => dQuery, key: () => dKey, value: () => dValue };
    },
  },
});

/** Probabilities [B, H, Sq, P + S], zero where masked. For looking at, not differentiated. */
export const attentionProbabilitiesKernel = defineKernel<"query" | "key" | "prefixKey", AttentionAttributes>({
  name: "PalimpsestAttentionProbabilities",
  inputs: ["query", "key", "prefixKey"],
  outputShapes: ({ query, key }, { heads, prefix }) => [
    [query[0] as number, heads, query[1] as number, prefix + (key[1] as number)],
  ],
  reference: ({ query, key, prefixKey }, attrs) => {
    const size = attentionSize({ query: query.shape, key: key.shape, prefixKey: prefixKey.shape }, attrs);
    return [
      Float32Array.from(reference.attentionProbabilities(size, query.values, key.values, prefixKey.values)),
    ];
  },
});
