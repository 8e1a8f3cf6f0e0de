/**
 * The traps of platform.md 1.3, one test each, at the facade: where tfjs's own op is wrong the facade's way must be
 * right, and where nothing can be computed the facade must say so. The device's own failures are in device.gpu.test.ts.
 */
import { backend } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { EngineBackend } from "./backend";
import { distance } from "./cases/checkKernel";
import { randomValues, sizeOf } from "./cases/random";
import { webgpuEngine } from "./cases/webgpuEngine";
import { activeDriver } from "./driver";
import * as ops from "./ops";
import * as reference from "./reference/loss";
import { normalise } from "./reference/normalise";
import { dispose, read, tensor } from "./tensor";
import type { Tensor } from "./tensor";
import type { GuardedWebGpuBackend } from "./webgpuBackend";
import { createLinear, createRowTable, disposeWeights, readLinear, type LinearWeight } from "./weights";

let engine: EngineBackend;
beforeAll(async () => void (engine = await webgpuEngine()));

function random(seed: number, shape: readonly number[], spread = 1): Tensor {
  return tensor(randomValues(seed, sizeOf(shape), spread), shape);
}

/** Reads and frees. */
async function values(t: Tensor): Promise<Float32Array> {
  const result = await read(t);
  t.dispose();
  return result;
}

describe("products", () => {
  test("1: batched and half-broadcast products are refused instead of wrong", () => {
    const a = random(1, [2, 4, 3, 5]);
    const b = random(2, [2, 1, 5, 3]);
    expect(() => ops.matmul(a, b)).toThrow(/matmul: needs matrices/);
    dispose(a, b);
  });

  test("2: gradients of products have the shapes of their arguments", async () => {
    const a = random(3, [6, 4]);
    const b = random(4, [4, 5]);
    const { value, gradients } = ops.valueAndGradients((x, y) => ops.sum(ops.matmul(x!, y!)), [a, b]);
    expect(gradients.map((gradient) => gradient.shape)).toEqual([
      [6, 4],
      [4, 5],
    ]);
    const rowSums = Array.from({ length: 4 }, (_, k) =>
      sumOf(randomValues(4, 20).subarray(5 * k, 5 * k + 5)),
    );
    expect(distance((await read(gradients[0]!)).subarray(0, 4), Float32Array.from(rowSums))).toBeLessThan(
      1e-6,
    );
    dispose(a, b, value, ...gradients);
  });

  test("9: long sums are added in one order: two runs give the same bits", async () => {
    const weight = createLinear(randomValues(5, 4096 * 48), 4096, 48);
    const b = random(6, [4096, 48]);
    for (const rows of [1, 3, 8]) {
      const x = random(7, [rows, 4096]);
      const once = [await values(ops.linear(x, weight)), await values(ops.matmul(x, b))];
      const again = [await values(ops.linear(x, weight)), await values(ops.matmul(x, b))];
      expect(again).toEqual(once);
      x.dispose();
    }
    dispose(b);
    disposeWeights(weight);
  });

  test("9: gradients that add many contributions give the same bits twice", async () => {
    const run = async () => {
      const x = random(8, [12, 16]);
      const f = (t: Tensor) => {
        const picked = ops.reshape(ops.gatherRows(t, [3, 3, 7, 3, 1, 0, 11, 3]), [1, 8, 16]);
        const y = ops.attention({
          query: picked,
          key: picked,
          value: picked,
          heads: 2,
          keyValueHeads: 2,
          scale: 1,
        });
        return ops.sum(ops.square(y));
      };
      const { value, gradient } = ops.valueAndGradient(f, x);
      const result = [await values(value), await values(gradient)];
      x.dispose();
      return result;
    };
    expect(await run()).toEqual(await run());
  });
});

describe("3: more than 65,535 rows", () => {
  const ROWS = 70_000;
  const x = randomValues(9, ROWS * 4);

  test("softmax and its gradient are right to the last element", async () => {
    const input = tensor(x, [ROWS, 4]);
    expect(distance(await values(ops.softmax(input)), reference.softmax(x, 4, false))).toBeLessThan(1e-6);
    const { value, gradient } = ops.valueAndGradient((t) => ops.sum(ops.square(ops.softmax(t))), input);
    const y = reference.softmax(x, 4, false);
    const twin = reference.softmaxGradient(
      y.map((p) => 2 * p),
      y,
      4,
      false,
    );
    expect(distance(await values(gradient), twin)).toBeLessThan(1e-6);
    dispose(value, input);
  });

  test("norms and losses too", async () => {
    const input = tensor(x, [ROWS, 4]);
    const [gain, bias] = [random(10, [4]), random(11, [4])];
    const targets = Int32Array.from({ length: ROWS }, (_, row) => row % 4);
    const norm = normalise(x, randomValues(10, 4), randomValues(11, 4), 1e-5);
    expect(distance(await values(ops.layerNorm(input, gain, bias, 1e-5)), norm)).toBeLessThan(1e-5);
    const nll = reference.crossEntropy(x, targets, 4);
    expect(distance(await values(ops.crossEntropy(input, targets)), nll)).toBeLessThan(1e-6);
    dispose(input, gain, bias);
  });
});

describe("5: more workgroups than one dimension of a dispatch holds", () => {
  const COUNT = 65_535 * 64 + 12_345;

  test("our kernels and tfjs's reach the last element", async () => {
    const x = tensor(new Float32Array(COUNT).fill(2), [COUNT]);
    const silu = await values(ops.activation(x, "silu"));
    const double = await values(ops.add(x, x));
    expect(silu[COUNT - 1]).toBeCloseTo(2 / (1 + Math.exp(-2)), 6);
    expect(silu.every((value) => value === silu[0])).toBe(true);
    expect(double.every((value) => value === 4)).toBe(true);
    x.dispose();
  });
});

/** In place, as no product code does: weights are never written again. */
function write(weight: LinearWeight, values: Float32Array): void {
  activeDriver().writeWeight(weight.tensor, { geometry: weight, orientation: "inOut", firstRow: 0, values });
}

describe("memory", () => {
  test("6: values written in place are the values read", async () => {
    const weight = createLinear(randomValues(12, 30 * 20), 30, 20);
    await readLinear(weight);
    const next = randomValues(13, 30 * 20);
    write(weight, next);
    expect(await readLinear(weight)).toEqual(next);
    const x = tensor(
      Float32Array.from({ length: 30 }, (_, i) => (i === 4 ? 1 : 0)),
      [1, 30],
    );
    expect(await values(ops.linear(x, weight))).toEqual(next.slice(4 * 20, 5 * 20));
    dispose(x);
    disposeWeights(weight);
  });

  test("6: commands recorded before a write read the values before it", async () => {
    const weight = createLinear(new Float32Array(16).fill(1), 4, 4);
    const x = tensor([1, 1, 1, 1], [1, 4]);
    const before = ops.linear(x, weight);
    write(weight, new Float32Array(16).fill(2));
    const after = ops.linear(x, weight);
    expect([...(await values(before)), ...(await values(after))]).toEqual([4, 4, 4, 4, 8, 8, 8, 8]);
    dispose(x);
    disposeWeights(weight);
  });

  test("6: a tensor keeps the values it was given, whatever becomes of the array", async () => {
    const given = Float32Array.of(1, 2, 3);
    const x = tensor(given, [3]);
    given.fill(0);
    (await read(x)).fill(0);
    expect(await values(ops.scale(x, 2))).toEqual(Float32Array.of(2, 4, 6));
    x.dispose();
  });

  test("7: buffers have exactly the size of their tensors", async () => {
    const weight = createLinear(randomValues(14, 7 * 13), 7, 13);
    const webgpu = backend() as GuardedWebGpuBackend;
    const buffer = webgpu.tensorMap.get(weight.tensor.dataId).resource as GPUBuffer;
    expect(buffer.size).toBe(4 * weight.tensor.size);
    expect(await readLinear(weight)).toEqual(randomValues(14, 7 * 13));
    disposeWeights(weight);
  });

  test("7: weights start from zero in a buffer that was used before", async () => {
    for (const fill of [5, 6]) {
      const full = createLinear(new Float32Array(24 * 8).fill(fill), 24, 8);
      await readLinear(full);
      disposeWeights(full);
      const narrow = createLinear(new Float32Array(24 * 3).fill(1), 24, 3);
      const padded = (await narrow.tensor.data()) as Float32Array;
      expect(padded.filter((value) => value === 1)).toHaveLength(24 * 3);
      expect(padded.filter((value) => value === 0)).toHaveLength(24 * 5);
      disposeWeights(narrow);
    }
  });

  test("8: forty lengths do not leave forty lengths' buffers behind", async () => {
    engine.trim();
    const before = engine.heldBytes();
    for (let i = 0; i < 40; i++) {
      const length = 1_000_000 + 1000 * i; // 4 MB each: 160 MB without a limit, 320 with staging
      const x = tensor(new Float32Array(length).fill(i), [length]);
      const y = await values(ops.scale(x, 2));
      expect(y[length - 1]).toBe(2 * i);
      x.dispose();
    }
    expect(engine.heldBytes() - before).toBeLessThan(96 * 2 ** 20);
    engine.trim();
    expect(engine.heldBytes()).toBe((backend() as GuardedWebGpuBackend).bufferManager.numBytesUsed);
    const again = tensor([1, 2], [2]);
    expect(await values(ops.scale(again, 3))).toEqual(Float32Array.of(3, 6));
    again.dispose();
  });

  test("18: synchronous reads from the GPU are refused", () => {
    const x = random(15, [4]);
    const y = ops.square(x);
    expect(() => y.arraySync()).toThrow(/Synchronous reads/);
    dispose(x, y);
  });
});

describe("numbers", () => {
  test("11: wide rows keep their precision", async () => {
    const width = 50_257;
    const logits = randomValues(16, 2 * width, 8);
    const x = tensor(logits, [2, width]);
    const twin = reference.softmax(logits, width, true);
    expect(distance(await values(ops.logSoftmax(x)), twin)).toBeLessThan(2e-6);
    const targets = Int32Array.of(3, width - 1);
    const nll = reference.crossEntropy(logits, targets, width);
    expect(distance(await values(ops.crossEntropy(x, targets)), nll)).toBeLessThan(2e-6);
    x.dispose();
  });

  test("12: activations saturate instead of overflowing", async () => {
    const points = [-1e4, -200, -90, -15, 0, 15, 90, 200, 1e4];
    const x = tensor(points, [points.length]);
    for (const kind of ["gelu_new", "gelu", "silu"] as const) {
      const y = await values(ops.activation(x, kind));
      points.forEach((point, i) => expect(y[i], `${kind}(${point})`).toBeCloseTo(Math.max(point, 0), 4));
      const { value, gradient } = ops.valueAndGradient((t) => ops.sum(ops.activation(t, kind)), x);
      const slopes = await values(gradient);
      points.forEach((point, i) => {
        const slope = point === 0 ? 0.5 : point > 0 ? 1 : 0;
        expect(slopes[i], `${kind}'(${point})`).toBeCloseTo(slope, 4);
      });
      value.dispose();
    }
    x.dispose();
  });

  test("12: not-a-number stays not-a-number", async () => {
    const x = tensor([1, NaN, 2, 3, 4, 5], [2, 3]);
    const gain = tensor([1, 1, 1], [3]);
    const identity = createLinear(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), 3, 3);
    for (const y of [
      ops.softmax(x),
      ops.rmsNorm(x, gain, 1e-5),
      ops.linear(x, identity),
      ops.activation(x, "silu"),
    ]) {
      const result = await values(y);
      expect(result.subarray(0, 3).some(Number.isNaN)).toBe(true);
      expect(result.subarray(3).some(Number.isNaN)).toBe(false);
    }
    dispose(x, gain);
    disposeWeights(identity);
  });

  test("13: indices out of range are refused, not read as zeros", async () => {
    const table = await createRowTable(21, 8, (first, count) => randomValues(first, count * 8));
    const x = random(17, [3, 8]);
    for (const id of [21, -1, 1.5]) {
      expect(() => ops.gatherRows(x, [0, id])).toThrow(/must be in/);
      if (Number.isInteger(id)) expect(() => ops.lookup(table, Int32Array.of(0, id))).toThrow(/must be in/);
      if (Number.isInteger(id))
        expect(() => ops.crossEntropy(x, Int32Array.of(0, 1, id))).toThrow(/must be in/);
    }
    dispose(x);
    disposeWeights(table);
  });

  test("a table of several chunks looks up and projects as one", async () => {
    const [rows, columns] = [1037, 36];
    const all = randomValues(18, rows * columns);
    const piece = (first: number, count: number) => all.slice(first * columns, (first + count) * columns);
    const whole = await createRowTable(rows, columns, piece);
    const pieces = await createRowTable(rows, columns, piece, {
      maxPieceBytes: 8 * 4 * columns,
      maxChunkBytes: 256 * 4 * columns,
    });
    expect(pieces.chunks).toHaveLength(5);
    const ids = Int32Array.of(0, 1036, 7, 8, 519);
    const expected = Float32Array.from(ids, (id) => all[id * columns] as number);
    for (const table of [whole, pieces]) {
      const found = await values(ops.lookup(table, ids));
      expect(Float32Array.from(ids, (_, i) => found[i * columns] as number)).toEqual(expected);
    }
    const x = random(19, [2, columns]);
    expect(await values(ops.project(x, pieces))).toEqual(await values(ops.project(x, whole)));
    dispose(x);
    disposeWeights(whole, pieces);
  });
});

describe("ops with known faults are nowhere used", () => {
  const sources = import.meta.glob(["../**/*.ts", "!../**/*.test.ts"], { query: "?raw", import: "default" });
  const FAULTY = [
    "multinomial",
    "log1p",
    "einsum",
    "tile",
    "broadcastTo",
    "stridedSlice",
    "gatherND",
    "cumsum",
  ];

  test.each(FAULTY)("tf.%s (10, 11, 14)", async (name) => {
    const imported = new RegExp(`\\btf\\.${name}\\b|import \\{[^}]*\\b${name}\\b[^}]*\\} from "@tensorflow`);
    const texts = await Promise.all(Object.values(sources).map((load) => load() as Promise<string>));
    expect(texts.length).toBeGreaterThan(50);
    expect(texts.filter((text) => imported.test(text))).toEqual([]);
  });
});

function sumOf(numbers: Float32Array): number {
  return numbers.reduce((total, value) => total + value, 0);
}
