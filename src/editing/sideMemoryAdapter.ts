/**
 * A side memory in use (WISE; algorithms.md 13.3): behind its linear map it measures how far each copy's activation lies
 * from the map's, and goes on with the copy that lies farthest, if that is far enough. With routing by token the answer is
 * the same wherever the token stands, in a batch, with a cache or without; by text, a pass over part of a text sees that
 * part alone, as in the published code.
 */
import type { Shard, SideMemory } from "../domain/edit";
import { activation, add, concat, matmul, mean, mul, reshape, scale, slice, softmax, sqrt, square, sub, sum, type ActivationKind } from "../gpu/ops"; // prettier-ignore
import { dispose, keep, tensor, tidy, zeros, type Tensor } from "../gpu/tensor";
import { unpackEntries } from "../lib/packedEntries";
import type { Adapter } from "../model/weights";

/** Turns a difference of distances into yes or no. */
const STEEP = 1e7;
/** The slope of a root is infinite at zero, where the copy is still the map. */
const TINY = 1e-12;
/** From here on the published code takes the farthest token for the text. */
const LONG_TEXT = 100;

export type OpenAdapter = { adapter: Adapter; dispose(): void };

type OpenShard = { change: Tensor; threshold: number };

export function openSideMemory(memory: SideMemory): OpenAdapter {
  const { in: width, out, closed, activation: kind, actRatio, routing } = memory;
  const openShard = ({ entries, closest }: Shard): OpenShard => ({
    change: tidy(() => keep(tensor(transposed(unpackEntries(entries), out, width), [width, out]))),
    threshold: actRatio * closest,
  });
  const current = memory.open && openShard(memory.open);
  const shards = closed.map(openShard);
  const adapter: Adapter = (input, output) => {
    const rows = reshape(input, [-1, width]);
    const base = reshape(output, [-1, out]);
    const shape = output.shape.length === 3 ? output.shape.slice(0, 2) : [1, base.shape[0]!];
    const candidate = ({ change, threshold }: OpenShard) => {
      const difference = matmul(rows, change);
      const distance = activationDistance(base, add(base, difference), kind); // [n, 1]
      return { difference, threshold, distance: routing === "token" ? distance : ofText(distance, shape) };
    };
    // The open copy is asked first, and sets the distance to beat even where it is not far enough itself.
    let best: Tensor;
    let chosen: Tensor;
    if (current) {
      const { difference, distance, threshold } = candidate(current);
      best = distance;
      chosen = mul(difference, above(distance, threshold));
    } else {
      best = zeros([base.shape[0]!, 1]);
      chosen = zeros(base.shape);
    }
    for (const shard of shards) {
      const { difference, distance, threshold } = candidate(shard);
      const yes = mul(above(distance, threshold), above(sub(distance, best), 0));
      best = add(best, mul(yes, sub(distance, best)));
      chosen = add(chosen, mul(yes, sub(difference, chosen)));
    }
    return add(output, reshape(chosen, output.shape));
  };
  return { adapter, dispose: () => dispose(current?.change, ...shards.map(({ change }) => change)) };
}

/** ‖σ(y′) − σ(y)‖ of every row, [n, 1]. */
export const activationDistance = (y: Tensor, moved: Tensor, kind: ActivationKind): Tensor => {
  const squares = sum(square(sub(activation(moved, kind), activation(y, kind))), 1, true);
  return sqrt(add(squares, tensor([TINY], [1, 1])));
};

/** The mean over each text of the pass, or the farthest token of a long one; repeated for its tokens. */
function ofText(distance: Tensor, [batch = 1, positions = 1]: readonly number[]): Tensor {
  const texts = reshape(distance, [batch, positions]);
  const one =
    positions > LONG_TEXT ? sum(mul(texts, softmax(scale(texts, STEEP))), 1, true) : mean(texts, 1, true);
  return reshape(add(one, zeros([batch, positions])), [batch * positions, 1]);
}

/** 1 where x [n, 1] > threshold, else 0. */
function above(x: Tensor, threshold: number): Tensor {
  const margin = add(x, tensor([-threshold], [1, 1]));
  return slice(softmax(scale(concat([margin, zeros(margin.shape)], 1), STEEP)), [0, 0], [-1, 1]);
}

/** [out, in] as the engine multiplies it, [in, out]. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c]!;
  return turned;
}
