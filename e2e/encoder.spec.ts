/**
 * The sentence encoder in its own worker, as the built page serves it: transformers.js and the runtime from the page's own
 * folder, the model from the hub, here a tiny one (scripts/references/tinyEncoder.py) with the numbers of ONNX in Python.
 */
import { expect, test, type BrowserContext } from "@playwright/test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openPage } from "./lab";

const FOLDER = join(import.meta.dirname, "../tests/fixtures/encoder");
const EXPECTED = JSON.parse(readFileSync(join(FOLDER, "expected.json"), "utf8")) as {
  texts: string[];
  vectors: number[][];
};

/** Answers for the encoder's repository alone; gives what was asked for. */
async function serveEncoder(context: BrowserContext): Promise<string[]> {
  const asked: string[] = [];
  await context.route("https://huggingface.co/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = /^\/Xenova\/all-MiniLM-L6-v2\/resolve\/main\/(.+)$/u.exec(pathname)?.[1];
    asked.push(file ?? pathname);
    const path = join(FOLDER, file ?? "none");
    const headers = { "Access-Control-Allow-Origin": "*" };
    if (file === undefined || !existsSync(path)) return route.fulfill({ status: 404, headers, body: "" });
    return route.fulfill({ status: 200, headers, body: readFileSync(path) });
  });
  return asked;
}

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
