/**
 * AnyEdit over MEMIT of a 100-token answer on SmolLM2-135M, WASM on one thread, against the procedure of the published
 * code (anyEdit.py: memit_ARE in PyTorch, one thread) on a model of the same shape: the same chunks, the same number of
 * evaluations, the same five layers. Times are CPU seconds of each process. C is a stand-in of the right size here and there:
 * its values do not change the time.
 */
import { execFileSync } from "node:child_process";
import { smolLm2Path } from "../tests/realModel";
import type { EditCall } from "../src/domain/edit";
import { computeEdit } from "../src/editing/computeEdit";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { openCheckpoint } from "../src/loading/checkpoint";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { parseModelConfig } from "../src/model/config";
import { loadModel } from "../src/model/model";
import { openTokenizer } from "../src/model/tokenizer/openTokenizer";
import { writeResult } from "./writeResult";

const WINDOW = 25;
const ANSWER = 100;
/** The published code evaluates 25 times per chunk; fewer here, and told per evaluation. */
const STEPS = Number(process.argv[2] ?? 5);
const PUBLISHED_STEPS = 25;
const LAYERS = [3, 4, 5, 6, 7];

if (smolLm2Path === undefined) {
  console.log("SmolLM2 is not here (scripts/fetchRealModel.mjs); nothing is measured.");
  process.exit(0);
}
await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
const checkpoint = await openCheckpoint(await nodeModelFiles(smolLm2Path));
const tokenizer = openTokenizer(checkpoint);
const model = await loadModel(checkpoint, tokenizer, parseModelConfig(checkpoint.config));

const question = "What happened in the harbour on the night of the great storm?";
const words =
  " At first only the gulls knew. The wind turned before midnight, and the fishermen who had stayed ashore tied every boat twice.";
const ids = [...tokenizer.encode(words.repeat(8), { specials: false }).ids].slice(0, ANSWER);
const targetNew = tokenizer.decode(ids);
const f = model.config.mlpWidth;
const values = new Float64Array(f * f);
for (let i = 0; i < f; i++) values[i * f + i] = 1 + (i % 5);
const moment = { width: f, values, tokens: 10 * f, convergence: [] };
const statistics = {
  modelHash: "",
  textHash: "",
  layers: new Map(LAYERS.map((layer) => [layer, moment])),
};
const call: EditCall = {
  method: "AnyEdit",
  requests: [{ prompt: "{}", subject: question, targetNew, paraphrases: [], neighbours: [] }],
  settings: { window: WINDOW, steps: STEPS, earlyStopLoss: 0, editLayers: LAYERS, endOfText: false },
  seed: 1,
};
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const before = process.cpuUsage();
const { edit } = await computeEdit(model, call, { ...context, contexts: ["{}"], statistics });
const { user, system } = process.cpuUsage(before);
const seconds = (user + system) / 1e6;
const chunks = edit.losses.length;

const script = new URL("../../bench/anyEdit.py", import.meta.url).pathname;
const questionTokens = tokenizer.encode(question).ids.length;
const args = [script, questionTokens, ids.length, WINDOW, STEPS, LAYERS.join(",")].map(String);
const published = JSON.parse(execFileSync("python3", args, { encoding: "utf8" })) as {
  targets: number;
  writing: number;
};
const round = (value: number): number => Number(value.toPrecision(3));
const theirs = published.targets + published.writing;
const evaluations = chunks * STEPS;
const figures = {
  tokens: { question: questionTokens, answer: ids.length, window: WINDOW, chunks },
  evaluationsPerChunk: STEPS,
  seconds: {
    whole: round(seconds),
    perChunk: round(seconds / chunks),
    perEvaluation: round(seconds / evaluations),
    publishedWhole: round(theirs),
    publishedPerChunk: round(theirs / chunks),
    publishedPerEvaluation: round(published.targets / evaluations),
    publishedWriting: round(published.writing),
    /** Were all of the published code's evaluations made; the writing is counted once. */
    perChunkOfPublishedSteps: round((seconds / evaluations) * PUBLISHED_STEPS),
  },
  ratios: { publishedOverHere: round(theirs / seconds) },
};
console.log(JSON.stringify(figures, null, 1));
writeResult("anyEdit", figures);
process.exit(0);
