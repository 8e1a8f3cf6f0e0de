/** What a folder brings computed is a stranger's until checked; about other weights it is passed over. */
import { expect, test } from "vitest";
import { encodeHalf } from "../lib/halfFloat";
import { memorySource } from "../loading/byteSource/memorySource";
import { encodeSafetensors } from "../loading/safetensors/encodeSafetensors";
import type { Model } from "../model/model";
import { PREPARED, readPrepared, readShippedStatistics, statisticsName, writePrepared } from "./prepared";

const HASH = "a".repeat(64);
const GOOD = {
  modelHash: HASH,
  subjectDeviation: 0.1,
  contexts: { seed: 1, templates: ["{}", "Before. {}"] },
};

const folder = (name: string, content: string | Uint8Array<ArrayBuffer>) =>
  new Map([
    [name, memorySource(name, typeof content === "string" ? new TextEncoder().encode(content) : content)],
  ]);

test("is read as it was written, and no file is no fault", async () => {
  expect(await readPrepared(folder(PREPARED, writePrepared(GOOD)))).toEqual(GOOD);
  expect(await readPrepared(new Map())).toBeUndefined();
});

test.each([
  ["no JSON", "{", "bad-json"],
  ["a list", "[]", "bad-json"],
  ["another version", JSON.stringify({ ...GOOD, formatVersion: 2 }), "bad-json"],
  ["a field nobody knows", JSON.stringify({ ...GOOD, formatVersion: 1, run: "x" }), "bad-json"],
  ["a deviation of zero", writePrepared({ ...GOOD, subjectDeviation: 0 }), "bad-json"],
  ["no hash", writePrepared({ ...GOOD, modelHash: "../../x" }), "bad-json"],
  [
    "a template without a place",
    writePrepared({ ...GOOD, contexts: { seed: 1, templates: ["x"] } }),
    "bad-request",
  ],
  ["no template", writePrepared({ ...GOOD, contexts: { seed: 1, templates: [] } }), "bad-json"],
  [
    "a template without end",
    writePrepared({ ...GOOD, contexts: { seed: 1, templates: ["{}", `${"x".repeat(3000)}{}`] } }),
    "bad-json",
  ],
  ["more than a megabyte", `${writePrepared(GOOD)}${" ".repeat(2 ** 20)}`, "limit"],
  ["two hashes", `{"modelHash":"${HASH}",${writePrepared(GOOD).slice(1)}`, "duplicate"],
])("%s is refused", async (_, text, code) => {
  await expect(readPrepared(folder(PREPARED, text))).rejects.toMatchObject({ code });
});

/** Packed statistics of a model with two keys per layer: L is the identity. */
function packed(modelHash: string, layer: number): Uint8Array<ArrayBuffer> {
  const notes = {
    formatVersion: 1,
    modelHash,
    textHash: HASH,
    layers: [{ layer, tokens: 100, convergence: [], packed: { ridge: 0, condition: 1 } }],
  };
  const tensors = new Map([
    [`L.${layer}`, { dtype: "F16", shape: [3], bytes: encodeHalf(Float32Array.of(1, 0, 1)) }],
    [`L.${layer}.scale`, { dtype: "F32", shape: [2], bytes: new Uint8Array(Float32Array.of(1, 1).buffer) }],
  ]);
  const metadata = { format: "palimpsest-statistics", palimpsest: JSON.stringify(notes) };
  return encodeSafetensors(tensors, metadata);
}
const model = { hash: HASH, config: { layers: 4, mlpWidth: 2 } } as unknown as Model;
const { signal } = new AbortController();

test("shipped statistics are used for the weights they were made on and for no others", async () => {
  const own = folder(statisticsName(3), packed(HASH, 3));
  const found = await readShippedStatistics(own, 3, model, signal);
  expect([...found!.layers.get(3)!.values]).toEqual([1, 0, 0, 1]);
  expect(await readShippedStatistics(own, 2, model, signal)).toBeUndefined();
  const foreign = folder(statisticsName(3), packed("b".repeat(64), 3));
  expect(await readShippedStatistics(foreign, 3, model, signal)).toBeUndefined();
  // A file under the wrong name holds another layer than asked for.
  const misnamed = folder(statisticsName(1), packed(HASH, 3));
  expect(await readShippedStatistics(misnamed, 1, model, signal)).toBeUndefined();
});

test("damaged shipped statistics end the edit and are not passed over", async () => {
  const bytes = packed(HASH, 3);
  const cut = folder(statisticsName(3), bytes.slice(0, -4));
  await expect(readShippedStatistics(cut, 3, model, signal)).rejects.toMatchObject({ code: "truncated" });
});
