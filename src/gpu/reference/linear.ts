/** Slow twins of the linear kernels: plain loops, sums in double precision. */
import { packedValue } from "../packedPanels";
import { isPacked, weightIndex } from "../weightLayout";
import type { WeightGeometry } from "../weightLayout";

type Values = Float32Array | Int32Array;

/** W[input, output] in whatever layout. */
function valueAt(weight: Values, geometry: WeightGeometry, input: number, output: number): number {
  return isPacked(geometry.layout)
    ? packedValue(geometry, weight, input, output)
    : (weight[weightIndex(geometry, input, output)] as number);
}

/** x [rows, in] times W, plus bias [out] when given. */
export function linear(
  x: Values,
  weight: Values,
  geometry: WeightGeometry,
  bias: Values | undefined,
): Float32Array {
  const { inFeatures, outFeatures } = geometry;
  const rows = inFeatures === 0 ? 0 : x.length / inFeatures;
  const y = new Float32Array(rows * outFeatures);
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outFeatures; output++) {
      let total = bias ? (bias[output] as number) : 0;
      for (let input = 0; input < inFeatures; input++) {
        total += (x[row * inFeatures + input] as number) * valueAt(weight, geometry, input, output);
      }
      y[row * outFeatures + output] = total;
    }
  }
  return y;
}

/** dy [rows, out] times the transpose of W. */
export function linearInputGradient(dy: Values, weight: Values, geometry: WeightGeometry): Float32Array {
  const { inFeatures, outFeatures } = geometry;
  const rows = dy.length / outFeatures;
  const dx = new Float32Array(rows * inFeatures);
  for (let row = 0; row < rows; row++) {
    for (let input = 0; input < inFeatures; input++) {
      let total = 0;
      for (let output = 0; output < outFeatures; output++) {
        total += (dy[row * outFeatures + output] as number) * valueAt(weight, geometry, input, output);
      }
      dx[row * inFeatures + input] = total;
    }
  }
  return dx;
}

/** Row `id - firstRow` of Wᵀ for every id; zeros for ids that lie in another chunk of the table. */
export function lookup(ids: Values, table: Values, geometry: WeightGeometry, firstRow: number): Float32Array {
  const { inFeatures, outFeatures } = geometry;
  const y = new Float32Array(ids.length * inFeatures);
  for (let row = 0; row < ids.length; row++) {
    const output = (ids[row] as number) - firstRow;
    if (output < 0 || output >= outFeatures) continue;
    for (let input = 0; input < inFeatures; input++) {
      y[row * inFeatures + input] = valueAt(table, geometry, input, output);
    }
  }
  return y;
}

/** op(a) op(b) with op = transpose where asked; the results are [rows, columns] with `inner` summed. */
export function matmul(
  a: Values,
  b: Values,
  size: { rows: number; inner: number; columns: number },
  transposeA: boolean,
  transposeB: boolean,
): Float32Array {
  const { rows, inner, columns } = size;
  const y = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let total = 0;
      for (let k = 0; k < inner; k++) {
        const left = transposeA ? a[k * rows + row] : a[row * inner + k];
        const right = transposeB ? b[column * inner + k] : b[k * columns + column];
        total += (left as number) * (right as number);
      }
      y[row * columns + column] = total;
    }
  }
  return y;
}
