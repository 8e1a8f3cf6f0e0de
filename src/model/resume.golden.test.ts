import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { add, concat, gatherRows, reshape, slice } from "../gpu/ops";
import { dispose, keep, memory, read, tensor, tidy, type Tensor } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import type { KeyValue } from "./cache";
import {
  embed,
  forward,
  forwardWithPauses,
  oneRow,
  runBlock,
  runBlocks,
  runBlocksWithPauses,
  unembed,
} from "./forward";
import { chain, collect, noHook, type Hook, type Site } from "./hooks";
import type { Model } from "./model";
import { loadFixture, relativeError } from "./testing/openFixture";

const root = resolve(import.meta.dirname, "../..");
const readFixture = async (path: string) =>
  new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));
const ids = Int32Array.from({ length: 14 }, (_, position) => (position * 29 + 3) % 380);

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(root) });
});
afterAll(() => backend.dispose());

/** Reads and frees. */
async function take(x: Tensor): Promise<Float32Array> {
  const values = await read(x);
  dispose(x);
  return values;
}

const logitsOf = (model: Model, at: Hook = noHook): Promise<Float32Array> =>
  take(tidy(() => forward(model, oneRow(ids), { at, logitsAt: "all" }).logits!));

// One family per kind of block: sequential, parallel, windowed with norms on both sides.
describe.each(["gpt2", "llama3", "gpt_neox", "gemma3"])("%s", (family) => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, family);
  });
  afterAll(() => model.dispose());

  test("a hook that returns its input changes no bit and sees every site once", async () => {
    const seen: Site[] = [];
    const watch: Hook = (site, x) => {
      expect(x.shape.slice(0, 2)).toEqual([1, ids.length]);
      seen.push(site);
      return x;
    };
    const plain = await logitsOf(model);
    expect(await logitsOf(model, chain(watch, noHook))).toEqual(plain);
    expect(seen).toHaveLength(2 + 10 * model.config.layers);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("a hook may return another's tensor, which stays alive", async () => {
    const where: Site = "blocks.1.resid";
    const { hook, found } = collect([where]);
    const plain = await logitsOf(model, hook);
    const kept = found.get(where)!;
    const before = memory().tensors;
    const put: Hook = (site, x) => (site === where ? kept : x);
    expect(await logitsOf(model, put)).toEqual(plain);
    const paused = await forwardWithPauses(model, oneRow(ids), { at: put, logitsAt: "all" });
    expect(await take(paused.logits!)).toEqual(plain);
    dispose(paused.residual);
    expect(memory().tensors).toBe(before);
    dispose(kept);
  });

  test("resuming from a block's output gives the same bits", async () => {
    const where: Site = "blocks.0.resid";
    const { hook, found } = collect([where]);
    const plain = await logitsOf(model, hook);
    const start = found.get(where)!;
    const width = model.config.residualWidth;
    const rows = tidy(() => unembed(model, reshape(runBlocks(model, 1, start), [ids.length, width])));
    expect(await take(rows)).toEqual(plain);
    const paused = await runBlocksWithPauses(model, 1, start);
    const pausedRows = tidy(() => unembed(model, reshape(paused, [ids.length, width])));
    expect(await take(pausedRows)).toEqual(plain);
    dispose(paused, start);
  });

  test("a suffix on cached keys and values equals the whole text, for every row of a batch", async () => {
    const plain = await logitsOf(model);
    const cut = 5;
    const prefix: KeyValue[] = [];
    const head = embed(model, oneRow(ids.subarray(0, cut)));
    dispose(runBlocks(model, 0, head, { keepKeyValue: (_layer, kept) => void prefix.push(kept) }), head);
    const tail = Array.from(ids.subarray(cut));
    const batch = { batch: 2, positions: tail.length, ids: Int32Array.from([...tail, ...tail]) };
    const logits = tidy(() => {
      const start = embed(model, batch, { firstPosition: cut });
      const residual = runBlocks(model, 0, start, { firstPosition: cut, prefix: (layer) => prefix[layer] });
      return unembed(model, reshape(residual, [2 * tail.length, model.config.residualWidth]));
    });
    const suffix = plain.subarray(cut * model.config.vocabularySize);
    const both = await take(logits);
    expect(relativeError(both.subarray(0, suffix.length), suffix)).toBeLessThan(1e-5);
    expect(relativeError(both.subarray(suffix.length), suffix)).toBeLessThan(1e-5);
    for (const { key, value } of prefix) dispose(key, value);
  });

  test("the last query alone equals the last row", async () => {
    const plain = await logitsOf(model);
    const result = forward(model, oneRow(ids), { lastQueryOnly: true });
    expect(result.residual.shape).toEqual([1, 1, model.config.residualWidth]);
    const last = plain.subarray((ids.length - 1) * model.config.vocabularySize);
    expect(relativeError(await take(result.logits!), last)).toBeLessThan(1e-5);
    dispose(result.residual);
  });

  test("a block told which positions matter gives their rows", async () => {
    const start = embed(model, { batch: 2, positions: 7, ids });
    const whole = runBlock(model, 0, start);
    const wanted = [12, 3, 3, 0];
    const some = runBlock(model, 0, start, { outputAt: wanted });
    expect(some.residual.shape).toEqual([4, 1, model.config.residualWidth]);
    const rows = tidy(() => gatherRows(reshape(whole.residual, [14, model.config.residualWidth]), wanted));
    expect(relativeError(await take(some.residual), await take(rows))).toBeLessThan(1e-6);
    dispose(start, whole.residual, whole.key, whole.value, some.key, some.value);
  });

  test("a later position changes nothing before it", async () => {
    const delta = tensor(
      Float32Array.from({ length: model.config.residualWidth }, (_, index) => Math.sin(index)),
      [1, 1, model.config.residualWidth],
    );
    const shift: Hook = (site, x) => {
      if (site !== "embed") return x;
      const [, positions, width] = x.shape as [number, number, number];
      const last = slice(x, [0, positions - 1, 0], [1, 1, width]);
      return concat([slice(x, [0, 0, 0], [1, positions - 1, width]), add(last, delta)], 1);
    };
    const plain = await logitsOf(model);
    const shifted = await logitsOf(model, shift);
    const before = (ids.length - 1) * model.config.vocabularySize;
    expect(relativeError(shifted.subarray(0, before), plain.subarray(0, before))).toBe(0);
    expect(shifted.subarray(before)).not.toEqual(plain.subarray(before));
    dispose(delta);
  });

  test("a cancel between blocks ends the pass and frees everything", async () => {
    const before = memory().tensors;
    const controller = new AbortController();
    const at: Hook = (site, x) => {
      if (site === "blocks.0.resid") controller.abort();
      return x;
    };
    const job = forwardWithPauses(model, oneRow(ids), { at, signal: controller.signal });
    await expect(job).rejects.toMatchObject({ code: "cancelled" });
    expect(memory().tensors).toBe(before);
  });

  test("a position beyond the context is refused", () => {
    const long = new Int32Array(model.config.contextLength + 1);
    expect(() => embed(model, oneRow(long))).toThrow(/tokens; this model reads at most/);
    const before = memory().tensors;
    expect(() => forward(model, oneRow(long))).toThrow();
    expect(memory().tensors).toBe(before);
  });

  test("a hook that throws leaves nothing behind", async () => {
    const before = memory().tensors;
    const at: Hook = (site, x) => {
      if (site === "blocks.1.mlpKey") throw new Error("stop");
      return x;
    };
    expect(() => forward(model, oneRow(ids), { at })).toThrow("stop");
    await expect(forwardWithPauses(model, oneRow(ids), { at })).rejects.toThrow("stop");
    expect(memory().tensors).toBe(before);
  });
});

test("keep lets a hook hold an activation", async () => {
  const model = await loadFixture(readFixture, "llama");
  let held: Tensor | undefined;
  const at: Hook = (site, x) => {
    if (site === "blocks.0.mlpKey") held = keep(reshape(x, x.shape));
    return x;
  };
  const { residual, logits } = await forwardWithPauses(model, oneRow(ids), { at });
  expect((await take(held!)).length).toBe(ids.length * model.config.mlpWidth);
  dispose(residual, logits);
  model.dispose();
});
