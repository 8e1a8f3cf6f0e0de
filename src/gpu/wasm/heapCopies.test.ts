/** Slices, splits (the gradients of concatenations) and concatenations on the wasm backend, against plain loops. */
import { concat as tfConcat, split as tfSplit } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../backend";
import { concat, slice } from "../ops";
import { dispose, memory, read, tensor, type Tensor } from "../tensor";
import { readWasmFiles } from "./nodeFiles";

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

const SHAPES = [[7], [5, 4], [3, 4, 5], [2, 3, 4, 5], [1, 6, 1, 3]];

const numbered = (shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at + 0.5),
    [...shape],
  );

/** Every index of a box, in row-major order. */
function indices(size: readonly number[]): number[][] {
  return size.reduce<number[][]>(
    (list, extent) => list.flatMap((head) => Array.from({ length: extent }, (_, at) => [...head, at])),
    [[]],
  );
}

/** The slice, element by element. */
function obvious(shape: readonly number[], begin: readonly number[], size: readonly number[]): number[] {
  const place = (index: readonly number[]) =>
    index.reduce((at, part, axis) => at * shape[axis]! + begin[axis]! + part, 0);
  return indices(size).map((index) => place(index) + 0.5);
}

describe.each(SHAPES.map((shape) => ({ shape })))("$shape", ({ shape }) => {
  test("every box", async () => {
    const x = numbered(shape);
    const before = memory();
    for (const begin of indices(shape)) {
      for (const less of indices(shape.map((extent) => Math.min(2, extent)))) {
        const size = shape.map((extent, axis) => Math.max(0, extent - begin[axis]! - less[axis]!));
        const part = slice(x, begin, size);
        expect([...(await read(part))]).toEqual(obvious(shape, begin, size));
        dispose(part);
      }
    }
    expect(memory()).toEqual(before);
    dispose(x);
  });

  test("split in two and put together again, along every axis", async () => {
    const x = numbered(shape);
    for (const [axis, extent] of shape.entries()) {
      for (let cut = 0; cut <= extent; cut++) {
        const parts = tfSplit(x, [cut, extent - cut], axis);
        const begin = shape.map((_, at) => (at === axis ? cut : 0));
        const second = shape.with(axis, extent - cut);
        expect([...(await read(parts[1]!))]).toEqual(obvious(shape, begin, second));
        const whole = axis === 0 ? concat(parts, 0) : tfConcat(parts, axis);
        expect(await read(whole)).toEqual(await read(x));
        dispose(...parts, whole);
      }
    }
    dispose(x);
  });
});
