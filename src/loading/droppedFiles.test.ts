import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { blobSource } from "./byteSource/blobSource";
import { memorySource } from "./byteSource/memorySource";
import { openCheckpoint } from "./checkpoint";
import { droppedModelFiles } from "./droppedFiles";

const MODEL = resolve(import.meta.dirname, "../../tests/fixtures/models/smollm");

/** A File as a browser gives it, with the path it had in the dropped folder. */
function dropped(path: string, content: Uint8Array<ArrayBuffer> | string, isFolder = true): File {
  const file = new File([content], path.split("/").at(-1)!);
  return Object.defineProperty(file, "webkitRelativePath", {
    value: isFolder ? path : "",
    configurable: true,
  });
}

const modelFiles = readdirSync(MODEL)
  .filter((name) => name !== "expected.safetensors")
  .map((name) => dropped(`smollm/${name}`, new Uint8Array(readFileSync(`${MODEL}/${name}`))));

test("a dropped folder opens; folders inside it do not count", async () => {
  const files = droppedModelFiles([...modelFiles, dropped("smollm/onnx/config.json", "nonsense")]);
  const checkpoint = await openCheckpoint(files);
  expect(checkpoint.config).toMatchObject({ model_type: "llama" });
  expect((await checkpoint.readTensor("model.norm.weight")).length).toBe(48);
});

test("files picked one by one open too, and a single GGUF", async () => {
  const picked = modelFiles.map((file) => Object.defineProperty(file, "webkitRelativePath", { value: "" }));
  await expect(openCheckpoint(droppedModelFiles(picked))).resolves.toMatchObject({ format: "safetensors" });
  const gguf = new Uint8Array(readFileSync(resolve(MODEL, "../../gguf/tiny-gpt2.gguf")));
  const files = droppedModelFiles([dropped("tiny-gpt2.gguf", gguf, false)]);
  await expect(openCheckpoint(files)).resolves.toMatchObject({ format: "gguf" });
});

test("nothing, and two files of one name, are refused", () => {
  expect(() => droppedModelFiles([])).toThrow(/no files/);
  const two = [dropped("a", "1", false), dropped("a", "2", false)];
  expect(() => droppedModelFiles(two)).toThrow(/two files named/);
});

test.each([
  ["memory", memorySource("x", new Uint8Array([1, 2, 3, 4]))],
  ["a blob", blobSource("x", new Blob([new Uint8Array([1, 2, 3, 4])]))],
])("%s gives exactly the range, or says why not", async (_, source) => {
  expect([...(await source.read(1, 3))]).toEqual([2, 3]);
  expect((await source.read(4, 4)).length).toBe(0);
  for (const [start, end] of [
    [2, 5],
    [-1, 2],
    [3, 2],
    [0.5, 2],
    [0, NaN],
  ] as const) {
    await expect(source.read(start, end)).rejects.toMatchObject({ code: "truncated" });
  }
  await expect(source.read(0, 1, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
});

test("a file that was changed on disk meanwhile is reported, not misread", async () => {
  const gone = new Blob(["abc"]);
  gone.slice = () =>
    ({ arrayBuffer: () => Promise.reject(new DOMException("changed", "NotReadableError")) }) as Blob;
  await expect(blobSource("x", gone).read(0, 1)).rejects.toMatchObject({ code: "storage" });
});
