/**
 * A codebook in use: behind its linear map it replaces the output at every token whose input lies within the radius of
 * its nearest key. The published code asks at one token only, that of a fixed place in what a pass reads (`place`); asked at
 * every token the answer is the same wherever that token stands, with a cache or without, and other tokens lie far outside
 * the radii.
 */
import type { Codebook } from "../domain/edit";
import {
  add,
  concat,
  matmul,
  mul,
  reshape,
  scale,
  slice,
  softmax,
  square,
  sub,
  sum,
  transpose,
} from "../gpu/ops";
import { dispose, keep, tensor, tidy, zeros, type Tensor } from "../gpu/tensor";
import type { Adapter } from "../model/weights";
import { joined } from "../lib/joined";
import type { OpenAdapter } from "./sideMemoryAdapter";

/** Turns a difference of squared distances into yes or no. */
const STEEP = 1e7;

export function openCodebook({ in: width, out, entries, place }: Codebook): OpenAdapter {
  const count = entries.length;
  const tables = tidy(() => {
    const rows = tensor(joined(entries.map(({ key }) => key)), [count, width]);
    return {
      keysT: keep(transpose(rows, [1, 0])),
      keySizes: keep(reshape(sum(square(rows), 1), [1, count])),
      values: keep(tensor(joined(entries.map(({ value }) => value)), [count, out])),
      limits: keep(
        tensor(
          Float32Array.from(entries, ({ radius }) => (radius > 0 ? radius * radius : -1)),
          [1, count],
        ),
      ),
    };
  });
  const adapter: Adapter = (input, output) => {
    const x = reshape(input, [-1, width]);
    const y = reshape(output, [-1, out]);
    const all = replacedShares(x, tables); // [n, count]
    const shares = place === undefined ? all : mul(all, onlyAt(place, output.shape));
    const kept = sub(onesLike(y.shape[0]!), sum(shares, 1, true)); // [n, 1]
    return reshape(add(mul(y, kept), matmul(shares, tables.values)), output.shape);
  };
  return { adapter, dispose: () => dispose(...Object.values(tables)) };
}

/** [n, 1]: 1 at this position of every row [.., positions, width], or at the last one of shorter rows. */
function onlyAt(place: number, shape: readonly number[]): Tensor {
  const positions = shape.at(-2)!;
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const at = Math.min(place, positions - 1);
  const yes = Float32Array.from({ length: rows }, (_, row) => (row % positions === at ? 1 : 0));
  return tensor(yes, [rows, 1]);
}

const onesLike = (rows: number): Tensor => tensor(new Float32Array(rows).fill(1), [rows, 1]);

/** 1 at the nearest key when it is within its radius, else 0. */
function replacedShares(
  x: Tensor,
  { keysT, keySizes, limits }: Record<"keysT" | "keySizes" | "limits", Tensor>,
): Tensor {
  const distances = add(sub(sum(square(x), 1, true), scale(matmul(x, keysT), 2)), keySizes); // squared
  const nearest = softmax(scale(distances, -STEEP));
  const margin = sub(sum(mul(nearest, limits), 1, true), sum(mul(nearest, distances), 1, true)); // [n, 1]
  const yes = slice(softmax(scale(concat([margin, zeros(margin.shape)], 1), STEEP)), [0, 0], [-1, 1]);
  return mul(nearest, yes);
}
