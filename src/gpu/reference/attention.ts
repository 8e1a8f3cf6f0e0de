/**
 * Slow twins of attention and its gradient.
 *
 * Query head h reads key/value head floor(h / (heads / keyValueHeads)). Positions: the prefix is 0 … P-1, the keys
 * P … P+S-1, and the queries are the last Sq of them. Query at position i sees j <= i and, with a window w > 0,
 * i - j < w. Batch row b reads prefix row b mod Bp.
 */
export type AttentionSize = {
  readonly batch: number;
  readonly prefixBatch: number;
  readonly prefix: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly scale: number;
  /** 0 means no window. */
  readonly window: number;
};

type Values = Float32Array | Int32Array;

/** Where the key or value vector of position j lies. */
function rowOf(size: AttentionSize, own: Values, prefix: Values, b: number, j: number, head: number) {
  const { headDim, keyValueHeads } = size;
  const width = keyValueHeads * headDim;
  const kvHead = Math.floor(head / (size.heads / keyValueHeads));
  return j < size.prefix
    ? { values: prefix, at: ((b % size.prefixBatch) * size.prefix + j) * width + kvHead * headDim }
    : { values: own, at: (b * size.keys + j - size.prefix) * width + kvHead * headDim };
}

function firstVisible(size: AttentionSize, position: number): number {
  return size.window > 0 ? Math.max(0, position - size.window + 1) : 0;
}

/** Probabilities [B, H, Sq, P + S]; zero where masked. */
export function attentionProbabilities(
  size: AttentionSize,
  query: Values,
  key: Values,
  prefixKey: Values,
): Float64Array {
  const total = size.prefix + size.keys;
  const result = new Float64Array(size.batch * size.heads * size.queries * total);
  for (let b = 0; b < size.batch; b++) {
    for (let h = 0; h < size.heads; h++) {
      for (let i = 0; i < size.queries; i++) {
        const position = total - size.queries + i;
        const at = ((b * size.heads + h) * size.queries + i) * total;
        const q = ((b * size.queries + i) * size.heads + h) * size.headDim;
        let sum = 0;
        let largest = -Infinity;
        for (let j = firstVisible(size, position); j <= position; j++) {
          const k = rowOf(size, key, prefixKey, b, j, h);
          let score = 0;
          for (let d = 0; d < size.headDim; d++)
            score += (query[q + d] as number) * (k.values[k.at + d] as number);
          result[at + j] = score * size.scale;
          largest = Math.max(largest, score * size.scale);
        }
        for (let j = firstVisible(size, position); j <= position; j++) {
          result[at + j] = Math.exp((result[at + j] as number) - largest);
          sum += result[at + j] as number;
        }
        for (let j = 0; j < total; j++) result[at + j] = (result[at + j] as number) / sum;
      }
    }
  }
  return result;
}

/** Output [B, Sq, H * dh]. */
export function attention(
  size: AttentionSize,
  inputs: { query: Values; key: Values; value: Values; prefixKey: Values; prefixValue: Values },
): Float32Array {
  const { query, key, value, prefixKey, prefixValue } = inputs;
  const probabilities = attentionProbabilities(size, query, key, prefixKey);
  const total = size.prefix + size.keys;
  const output = new Float32Array(size.batch * size.queries * size.heads * size.headDim);
  for (let b = 0; b < size.batch; b++) {
    for (let h = 0; h < size.heads; h++) {
      for (let i = 0; i < size.queries; i++) {
        const p = ((b * size.heads + h) * size.queries + i) * total;
        const out = ((b * size.queries + i) * size.heads + h) * size.headDim;
        for (let d = 0; d < size.headDim; d++) {
          let sum = 0;
          for (let j = 0; j < total; j++) {
            const v = rowOf(size, value, prefixValue, b, j, h);
            sum += (probabilities[p + j] as number) * (v.values[v.at + d] as number);
          }
          output[out + d] = sum;
        }
      }
    }
  }
  return output;
}

/** Gradients to query, key and value; the prefix is frozen. */
export function attentionGradient(
  size: AttentionSize,
  inputs: { dy: Values; query: Values; key: Values; value: Values; prefixKey: Values; prefixValue: Values },
): [Float32Array, Float32Array, Float32Array] {
  const { dy, query, key, value, prefixKey, prefixValue } = inputs;
  const probabilities = attentionProbabilities(size, query, key, prefixKey);
  const total = size.prefix + size.keys;
  const dQuery = new Float64Array(query.length);
  const dKey = new Float64Array(key.length);
  const dValue = new Float64Array(value.length);
  const dProbability = new Float64Array(total);
  for (let b = 0; b < size.batch; b++) {
    for (let h = 0; h < size.heads; h++) {
      for (let i = 0; i < size.queries; i++) {
        const p = ((b * size.heads + h) * size.queries + i) * total;
        const q = ((b * size.queries + i) * size.heads + h) * size.headDim;
        let mean = 0;
        for (let j = 0; j < total; j++) {
          const v = rowOf(size, value, prefixValue, b, j, h);
          let dot = 0;
          for (let d = 0; d < size.headDim; d++)
            dot += (dy[q + d] as number) * (v.values[v.at + d] as number);
          dProbability[j] = dot;
          mean += (probabilities[p + j] as number) * dot;
        }
        for (let j = 0; j < total; j++) {
          const probability = probabilities[p + j] as number;
          const dScore = probability * ((dProbability[j] as number) - mean) * size.scale;
          const k = rowOf(size, key, prefixKey, b, j, h);
          for (let d = 0; d < size.headDim; d++) {
            dQuery[q + d] = (dQuery[q + d] as number) + dScore * (k.values[k.at + d] as number);
            if (j < size.prefix) continue;
            dKey[k.at + d] = (dKey[k.at + d] as number) + dScore * (query[q + d] as number);
            dValue[k.at + d] = (dValue[k.at + d] as number) + probability * (dy[q + d] as number);
          }
        }
      }
    }
  }
  return [Float32Array.from(dQuery), Float32Array.from(dKey), Float32Array.from(dValue)];
}
