/**
 * The sentence encoder in its own worker, as the built page serves it: transformers.js and the runtime from the page's own
 * folder, the model from the hub, here a tiny one (scripts/references/tinyEncoder.py) with the numbers of ONNX in Python.
 */
import { expect, test } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ENCODER_FOLDER, serveEncoder } from "./encoderHub";
import { openPage } from "./lab";

const EXPECTED = JSON.parse(readFileSync(join(ENCODER_FOLDER, "expected.json"), "utf8")) as {
  texts: string[];
  vectors: number[][];
};

test("fetches itself when asked, from the page and the hub alone, and gives ONNX's own numbers", async ({
  page,
  context,
}) => {
  const asked = await serveEncoder(context);
  const { problems, foreign } = await openPage(page);
  expect(asked).toEqual([]);
  const script = readdirSync(process.env["PALIMPSEST_PAGE"] ?? "dist/page/assets").find((name) =>
    name.startsWith("encoder.worker"),
  );
  const answer = await page.evaluate(
    ([address, texts]) =>
      new Promise<{ kind: string; result?: { vectors: Float32Array[] }; error?: unknown }>((resolve) => {
        const worker = new Worker(address, { type: "module" });
        worker.onmessage = ({ data }: MessageEvent<{ kind: string }>) => {
          if (data.kind !== "progress") resolve(data);
        };
        worker.postMessage({ kind: "call", id: 1, method: "embed", request: { texts } });
      }),
    [`assets/${script}`, EXPECTED.texts] as const,
  );
  expect(answer).toMatchObject({ kind: "done" });
  answer.result!.vectors.forEach((vector, row) =>
    Object.values(vector).forEach((value, at) => expect(value).toBeCloseTo(EXPECTED.vectors[row]![at]!, 5)),
  );
  expect(asked).toContain("onnx/model_quantized.onnx");
  expect(foreign.filter((address) => !address.startsWith("https://huggingface.co/Xenova/"))).toEqual([]);
  expect(problems).toEqual([]);
});
