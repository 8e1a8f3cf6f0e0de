/**
 * The facade's promises on the backends Node has: wrong arguments are refused in words, the traps of platform.md 1.3
 * that show without a GPU stay shut, weights come back bit for bit, and nothing is left in memory.
 */
import { backend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend } from "./backend";
import { randomValues } from "./cases/random";
import { distance } from "./cases/checkKernel";
import { activeDriver } from "./driver";
import * as ops from "./ops";
import * as reference from "./reference/loss";
import type { Tensor } from "./tensor";
import { dispose, integerTensor, keep, memory, read, tensor, tidy, zeros } from "./tensor";
import { createLinear, createRowTable, disposeWeights, readLinear } from "./weights";
import { readWasmFiles } from "./wasm/nodeFiles";

/** Scratch is not a tensor: only the backend itself knows whether any is left. */
function heldData(): number {
  return (backend() as unknown as { numDataIds(): number }).numDataIds();
}

describe.each(["cpu", "wasm"] as const)("%s", (name) => {
  beforeAll(async () => {
    await startBackend(name, { wasmFiles: await readWasmFiles(process.cwd()) });
  });

  afterAll(() => {
    expect(memory().tensors).toBe(0);
    expect(heldData()).toBe(0);
  });

  const t = (...shape: number[]): Tensor => zeros(shape);

  const REFUSALS: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      "matmul of batches",
      () => ops.matmul(t(2, 4, 3, 5), t(2, 1, 5, 3)),
      /matmul: .*\[2, 4, 3, 5\] and \[2, 1, 5, 3\]/,
    ],
    [
      "matmul of unequal inner extents",
      () => ops.matmul(t(2, 3), t(4, 5)),
      /matmul: .*\[2, 3\] and \[4, 5\]/,
    ],
    [
      "addition of shapes that do not broadcast",
      () => ops.add(t(2, 3), t(2, 4)),
      /add: shapes \[2, 3\] and \[2, 4\]/,
    ],
    ["a reshape that loses values", () => ops.reshape(t(2, 3), [4]), /reshape: \[2, 3\] does not fit \[4\]/],
    ["a slice that leaves the tensor", () => ops.slice(t(2, 3), [0, 2], [2, 2]), /slice: .* leave \[2, 3\]/],
    [
      "a concat of unequal widths",
      () => ops.concat([t(2, 3), t(2, 4)], 0),
      /concat: shapes \[2, 3\], \[2, 4\]/,
    ],
    ["a sum over a missing axis", () => ops.sum(t(2, 3), 2), /sum: \[2, 3\] has no axis 2/],
    ["a transpose that forgets an axis", () => ops.transpose(t(2, 3), [0, 0]), /transpose: order \[0, 0\]/],
    [
      "a row that is not there",
      () => ops.gatherRows(t(3, 2), [0, 3]),
      /gatherRows: rows\[1\] is 3, must be in 0 … 2/,
    ],
    [
      "a target out of range",
      () => ops.crossEntropy(t(1, 4), Int32Array.of(4)),
      /targets\[0\] is 4, must be in 0 … 3/,
    ],
    [
      "targets of another count",
      () => ops.crossEntropy(t(2, 4), Int32Array.of(1)),
      /logits must be \[1, V\], got \[2, 4\]/,
    ],
    [
      "a KL reference of another shape",
      () => ops.klDivergence(t(2, 3), t(2, 4)),
      /referenceLogProbs must be \[2, 4\]/,
    ],
    [
      "a gain of another width",
      () => ops.rmsNorm(t(2, 4), t(3), 1e-5),
      /rmsNorm: gain must be \[4\], got \[3\]/,
    ],
    [
      "a bias of another width",
      () => ops.layerNorm(t(2, 4), t(4), t(5), 1e-5),
      /layerNorm: bias must be \[4\], got \[5\]/,
    ],
    [
      "gate and up that differ",
      () => ops.gatedActivation(t(2, 4), t(2, 3), "silu"),
      /up must be \[2, 4\], got \[2, 3\]/,
    ],
    [
      "rope beyond the tabled angles",
      () =>
        ops.rope(t(1, 3, 4), {
          heads: 1,
          headDim: 4,
          rotaryDims: 4,
          style: "half",
          cos: t(4, 2),
          sin: t(4, 2),
          firstPosition: 2,
        }),
      /rope: positions 2 … 4 leave the 4 tabled angles/,
    ],
    [
      "attention with values of another length",
      () =>
        ops.attention({
          query: t(1, 2, 4),
          key: t(1, 2, 4),
          value: t(1, 3, 4),
          heads: 1,
          keyValueHeads: 1,
          scale: 1,
        }),
      /attention: value must be \[1, 2, 4\], got \[1, 3, 4\]/,
    ],
    [
      "attention with more queries than keys",
      () =>
        ops.attention({
          query: t(1, 3, 4),
          key: t(1, 2, 4),
          value: t(1, 2, 4),
          heads: 1,
          keyValueHeads: 1,
          scale: 1,
        }),
      /3 queries for 2 keys/,
    ],
    [
      "heads that do not share evenly",
      () =>
        ops.attention({
          query: t(1, 2, 6),
          key: t(1, 2, 4),
          value: t(1, 2, 4),
          heads: 3,
          keyValueHeads: 2,
          scale: 1,
        }),
      /3 heads cannot share 2 key\/value heads/,
    ],
    [
      "a prefix batch that does not divide the batch",
      () =>
        ops.attention({
          query: t(3, 2, 4),
          key: t(3, 2, 4),
          value: t(3, 2, 4),
          heads: 1,
          keyValueHeads: 1,
          scale: 1,
          prefix: { key: t(2, 1, 4), value: t(2, 1, 4) },
        }),
      /prefix batch 2 does not divide batch 3/,
    ],
    [
      "values that do not fill a shape",
      () => tensor([1, 2, 3], [2, 2]),
      /tensor: shape \[2, 2\] needs 4 values, got 3/,
    ],
    [
      "a weight of another size",
      () => createLinear(new Float32Array(5), 2, 3),
      /createLinear: \[2, 3\] needs 6 values, got 5/,
    ],
  ];

  test.each(REFUSALS)("%s is refused with what was expected and what came", (_title, call, message) => {
    expect(() => tidy(() => void call())).toThrow(message);
  });

  test("linear refuses rows of another width, lookup ids that are not in the table", async () => {
    const weight = createLinear(new Float32Array(6), 2, 3);
    const table = await createRowTable(3, 2, (_, count) => new Float32Array(count * 2));
    expect(() => tidy(() => void ops.linear(t(4, 3), weight))).toThrow(
      "linear: x must be [n, 2], got [4, 3]",
    );
    expect(() => tidy(() => void ops.project(t(4, 3), table))).toThrow(
      "project: x must be [n, 2], got [4, 3]",
    );
    expect(() => ops.lookup(table, Int32Array.of(1, 3))).toThrow("ids[1] is 3, must be in 0 … 2");
    expect(() => ops.lookup(table, Int32Array.of(-1))).toThrow("ids[0] is -1, must be in 0 … 2");
    disposeWeights(weight, table);
  });

  test("the gradient of gathered rows works (tfjs's wasm has no kernel for it)", async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], [3, 2]);
    const { value, gradient } = ops.valueAndGradient((y) => ops.sum(ops.gatherRows(y, [2, 0, 2])), x);
    expect(await read(value)).toEqual(Float32Array.of(25));
    expect(await read(gradient)).toEqual(Float32Array.of(1, 1, 0, 0, 2, 2));
    dispose(x, value, gradient);
  });

  test("softmax of more than 65,535 rows is right in its last row", async () => {
    const rows = 70_000;
    const values = randomValues(1, rows * 4, 5);
    const x = tensor(values, [rows, 4]);
    const y = ops.softmax(x);
    expect(distance(await read(y), reference.softmax(values, 4, false))).toBeLessThan(1e-6);
    dispose(x, y);
  });

  test("long sums do not drift: the mean cross-entropy of a flat row of 200,000 is its logarithm", async () => {
    const logits = tensor(new Float32Array(200_000).fill(0.1), [1, 200_000]);
    const nll = ops.crossEntropy(logits, Int32Array.of(7));
    expect((await read(nll))[0]).toBeCloseTo(Math.log(200_000), 5);
    dispose(logits, nll);
  });

  test("a reference probability of zero adds nothing to the divergence", async () => {
    const referenceLogProbs = tensor([Math.log(0.5), Math.log(0.5), -Infinity], [1, 3]);
    const logits = tensor([1, 2, 3], [1, 3]);
    const { value, gradient } = ops.valueAndGradient(
      (x) => ops.sum(ops.klDivergence(referenceLogProbs, x)),
      logits,
    );
    const total = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
    expect((await read(value))[0]).toBeCloseTo(Math.log(0.5) - 1.5 + total, 5);
    expect((await read(gradient))[2]).toBeCloseTo(Math.exp(3 - total), 5);
    dispose(referenceLogProbs, logits, value, gradient);
  });

  test("what is not finite stays visible", async () => {
    const x = tensor([NaN, 1, 1, -Infinity, 0, 0], [2, 3]);
    const y = ops.softmax(x);
    const values = await read(y);
    expect([...values.subarray(0, 3)].some(Number.isNaN)).toBe(true);
    expect([...values.subarray(3)]).toEqual([0, 0.5, 0.5]);
    dispose(x, y);
  });

  test.each(["inOut", "outIn"] as const)("weights given %s come back bit for bit", async (orientation) => {
    const [inFeatures, outFeatures] = [7, 19];
    const values = randomValues(2, inFeatures * outFeatures);
    values.set([-0, Infinity, 1e-42, -3.4e38], 5);
    const weight = createLinear(values, inFeatures, outFeatures, orientation);
    const back = await readLinear(weight);
    for (let input = 0; input < inFeatures; input++) {
      for (let output = 0; output < outFeatures; output++) {
        const given = orientation === "inOut" ? input * outFeatures + output : output * inFeatures + input;
        expect(Object.is(back[input * outFeatures + output], values[given])).toBe(true);
      }
    }
    weight.dispose();
  });

  test("a table in several chunks looks up and projects like one", async () => {
    const [rows, columns] = [43, 5];
    const values = randomValues(3, rows * columns);
    const fill = (first: number, count: number) => values.slice(first * columns, (first + count) * columns);
    const whole = await createRowTable(rows, columns, fill);
    const pieces = await createRowTable(rows, columns, fill, {
      maxPieceBytes: 4 * columns * 3,
      maxChunkBytes: 4 * columns * 16,
    });
    expect(whole.chunks.length).toBe(1);
    expect(pieces.chunks.map(({ firstRow, outFeatures }) => [firstRow, outFeatures])).toEqual([
      [0, 16],
      [16, 16],
      [32, 11],
    ]);
    const ids = Int32Array.of(42, 0, 15, 16, 31, 32);
    const x = tensor(randomValues(4, 3 * columns), [3, columns]);
    for (const table of [whole, pieces]) {
      const found = ops.lookup(table, ids);
      expect(await read(found)).toEqual(Float32Array.from([...ids].flatMap((id) => [...fill(id, 1)])));
      dispose(found);
    }
    const [a, b] = [ops.project(x, whole), ops.project(x, pieces)];
    expect(distance(await read(b), await read(a))).toBeLessThan(1e-6);
    dispose(a, b, x);
    disposeWeights(whole, pieces);
  });

  test("a table whose filling fails leaves nothing behind", async () => {
    const before = heldData();
    const failing = createRowTable(8, 4, () => Promise.reject(new Error("unreadable")));
    await expect(failing).rejects.toThrow("unreadable");
    expect(heldData()).toBe(before);
  });

  test("tensors copy what they are given and give copies", async () => {
    const given = Float32Array.of(1, 2);
    const x = tensor(given, [2]);
    given[0] = 9;
    const first = await read(x);
    expect(first).toEqual(Float32Array.of(1, 2));
    first[1] = 9;
    expect(await read(x)).toEqual(Float32Array.of(1, 2));
    dispose(x);
  });

  test("tidy frees what keep does not hold", () => {
    const before = memory().tensors;
    let kept: Tensor | undefined;
    const returned = tidy(() => {
      kept = keep(zeros([2]));
      return ops.add(kept, zeros([2]));
    });
    expect(memory().tensors).toBe(before + 2);
    dispose(kept, returned, integerTensor([1]));
    expect(memory().tensors).toBe(before);
  });

  test("only scalars are differentiated", () => {
    expect(() => tidy(() => void ops.valueAndGradient((x) => ops.square(x), t(2)))).toThrow(
      /must return a scalar, got \[2\]/,
    );
  });

  test("the largest entries come in order, ties by index", async () => {
    const x = tensor([1, 5, 3, 5, -1, 0, 0, 0, 0, 2], [2, 5]);
    const [first, second] = await ops.topK(x, 3);
    expect(first).toEqual({ indices: Int32Array.of(1, 3, 2), values: Float32Array.of(5, 5, 3) });
    expect(second).toEqual({ indices: Int32Array.of(4, 0, 1), values: Float32Array.of(2, 0, 0) });
    dispose(x);
  });
});

describe("WebAssembly memory of a gradient", () => {
  test("holds no copies of the frozen weights it went through", async () => {
    const engine = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
    const width = 2048;
    const weight = createLinear(new Float32Array(width * width), width, width);
    const x = zeros([1, width]);
    const before = engine.heldBytes();
    const through = (y: Tensor): Tensor =>
      Array.from({ length: 12 }).reduce<Tensor>((z) => ops.linear(z, weight), y);
    const { value, gradient } = ops.valueAndGradient((y) => ops.sum(through(y)), x);
    // Twelve copies would be 192 MiB; the memory grows in steps, so one weight's worth is let pass.
    expect(engine.heldBytes() - before).toBeLessThan(2 * width * width * 4);
    dispose(value, gradient, x);
    weight.dispose();
  });
});

describe("WebAssembly memory that grows until it is full", () => {
  const full = expect.objectContaining({ code: "out-of-memory" });
  const allocate = (side: number) =>
    activeDriver().allocateWeight({ inFeatures: side, outFeatures: side, layout: "panels8" });

  beforeAll(async () => {
    await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  });

  test("weights and tensors survive the memory's growth, which moves every view", async () => {
    const weight = createLinear(Float32Array.of(1, 2, 3, 4), 2, 2);
    const x = tensor([1, 10], [1, 2]);
    const before = (backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.buffer;
    const large = allocate(8_000);
    expect((backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.buffer).not.toBe(before);
    const y = ops.linear(x, weight);
    expect(await read(y)).toEqual(Float32Array.of(31, 42));
    expect(await readLinear(weight)).toEqual(Float32Array.of(1, 2, 3, 4));
    dispose(large, x, y);
    weight.dispose();
  });

  test("more than 2 GiB at once is refused, and the engine goes on", async () => {
    expect(() => allocate(26_000)).toThrow(full);
    const y = tidy(() => ops.add(tensor([1], [1]), tensor([2], [1])));
    expect(await read(y)).toEqual(Float32Array.of(3));
    dispose(y);
  });

  // Last in this file: the module of this process is of no more use.
  test("past 4 GiB nothing is computed any more", async () => {
    const small = tensor([1], [1]);
    const held = heldData();
    // Reserved, not touched: 1.7 GiB fit twice.
    const fitting = [allocate(21_500), allocate(21_500)];
    expect(() => allocate(21_500)).toThrow(full);
    expect(heldData()).toBe(held + 2);
    expect(() => ops.scale(small, 2)).toThrow(full);
    await expect(read(small)).rejects.toThrow(full);
    dispose(...fitting, small);
  });
});
