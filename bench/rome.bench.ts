/**
 * ROME on WASM with the product's threads: the optimisation of v* with its cached prefix against the twin that runs
 * everything each pass, and a whole edit, on the embedded model and on SmolLM2. Beside the wall's clock stands this
 * process's own time on all cores, in which what else runs on the machine does not count; the ratio is of the latter.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { smolLm2Path } from "../tests/realModel";
import type { EditCall, EditRequest } from "../src/domain/edit";
import { computeEdit } from "../src/editing/computeEdit";
import { sampleContexts } from "../src/editing/contexts";
import { answerIds, locateFactToken } from "../src/editing/factToken";
import { readRomeSettings } from "../src/editing/settings/romeSettings";
import { EditStack } from "../src/editing/stack";
import { collectStatistics, type Statistics } from "../src/editing/statistics";
import { targetRows, type TargetRows } from "../src/editing/targetRows";
import { optimiseTarget } from "../src/editing/targets";
import { scoreAnswers } from "../src/evaluation/probes";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { threadsFor } from "../src/gpu/wasm/wasmFiles";
import { openCheckpoint } from "../src/loading/checkpoint";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { parseModelConfig } from "../src/model/config";
import { loadModel, type Model } from "../src/model/model";
import { openTokenizer } from "../src/model/tokenizer/openTokenizer";
import { writeResult } from "./writeResult";

const REQUESTS = {
  embedded: request("The capital of {} is", "United Kingdom", "Madrid", ["United Kingdom's capital is"]),
  smolLm2: request("The {} is located in the city of", "Eiffel Tower", "Rome", [
    "If you want to see the Eiffel Tower, you have to travel to the city of",
    "The Eiffel Tower stands in the heart of",
  ]),
};
const CORPUS = "tests/fixtures/models/tiny-facts2-gpt2/corpus.txt";
const CONTEXT = { signal: new AbortController().signal, onProgress: () => undefined };

function request(prompt: string, subject: string, targetNew: string, paraphrases: string[]): EditRequest {
  return { prompt, subject, targetNew, paraphrases, neighbours: [] };
}

type Cost = { processorMs: number; wallMs: number };

async function cost<T>(job: () => Promise<T>): Promise<{ result: T } & Cost> {
  const wall = performance.now();
  const before = process.cpuUsage();
  const result = await job();
  const { user, system } = process.cpuUsage(before);
  return { result, processorMs: (user + system) / 1000, wallMs: performance.now() - wall };
}

async function open(path: string): Promise<Model> {
  const checkpoint = await openCheckpoint(await nodeModelFiles(path));
  return loadModel(checkpoint, openTokenizer(checkpoint), parseModelConfig(checkpoint.config));
}

function rowsOf(
  model: Model,
  { prompt, subject, targetNew }: EditRequest,
  contexts: readonly string[],
): TargetRows {
  const locate = (context: string, text: string) =>
    locateFactToken(model.tokenizer, context, text, subject, "subject_last");
  const texts = contexts.map((context) => locate(context, prompt));
  return targetRows(texts, answerIds(model.tokenizer, targetNew), locate("{}", "{} is a"));
}

/** The same passes with and without the cache; the ratio is the best of each. */
async function compareRunners(
  model: Model,
  request: EditRequest,
  contexts: readonly string[],
  passes: number,
  runs: number,
) {
  const { settings } = readRomeSettings({ steps: passes, earlyStopLoss: 0 }, model.config);
  const rows = rowsOf(model, request, contexts);
  const best = { cached: Infinity, whole: Infinity };
  const last = { cached: 0, whole: 0 };
  for (let run = 0; run < runs; run++) {
    for (const kind of ["cached", "whole"] as const) {
      const site = { layer: settings.layer, kind: "mlpRaw" } as const;
      const { result, processorMs } = await cost(() =>
        optimiseTarget(model, rows, site, settings, { cached: kind === "cached" }),
      );
      best[kind] = Math.min(best[kind], processorMs);
      last[kind] = result.steps.at(-1)!.total;
    }
  }
  return {
    passes,
    cachedMs: best.cached,
    wholeMs: best.whole,
    wholeOverCached: best.whole / best.cached,
    lastLoss: last,
  };
}

async function wholeEdit(
  model: Model,
  request: EditRequest,
  contexts: readonly string[],
  statistics: Statistics,
) {
  const call: EditCall = { method: "ROME", requests: [request], settings: {}, seed: 1 };
  const prompts = [request.prompt.replace("{}", request.subject), ...request.paraphrases];
  const ask = () =>
    scoreAnswers(
      model,
      prompts.map((prompt) => ({ prompt, answer: request.targetNew })),
    );
  const before = await ask();
  const stack = new EditStack(model.weights, model.hash);
  const { result, ...times } = await cost(async () => {
    const computed = await computeEdit(model, call, { ...CONTEXT, contexts, statistics });
    await stack.add(computed.edit);
    return computed;
  });
  const after = await ask();
  await stack.clear();
  const losses = result.edit.losses[0]!.map(({ total }) => Number(total.toFixed(4)));
  const p = { before: before.map((score) => score.p), after: after.map((score) => score.p) };
  return {
    ...times,
    settings: result.edit.settings,
    passes: losses.length,
    losses,
    p,
    warnings: result.warnings,
  };
}

async function measure(path: string, request: EditRequest, passes: number, runs: number) {
  const model = await open(path);
  const layer = readRomeSettings({}, model.config).settings.layer;
  const contexts = await cost(() => sampleContexts(model, 1));
  const texts = readFileSync(CORPUS, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const statistics = await cost(() => collectStatistics(model, { layers: [layer], texts }, CONTEXT));
  console.log(
    `contexts ${contexts.processorMs.toFixed(0)} ms, statistics ${statistics.processorMs.toFixed(0)} ms`,
  );
  const edit = await wholeEdit(model, request, contexts.result, statistics.result);
  const heldMiB = backend.heldBytes() / 2 ** 20;
  console.log("edit", JSON.stringify({ ...edit, heldMiB }));
  const runners = await compareRunners(model, request, contexts.result, passes, runs);
  model.dispose();
  const { tokens } = statistics.result.layers.get(layer)!;
  return {
    contextsMs: contexts.processorMs,
    statistics: { tokens, processorMs: statistics.processorMs },
    edit,
    heldMiB,
    target: runners,
  };
}

const threads = threadsFor(availableParallelism());
const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd(), { threads }) });
const embedded = await measure("public/models/palimpsest-facts", REQUESTS.embedded, 10, 5);
console.log("embedded model", JSON.stringify(embedded, null, 1));
const smolLm2 = smolLm2Path === undefined ? undefined : await measure(smolLm2Path, REQUESTS.smolLm2, 6, 1);
console.log(
  "SmolLM2-135M",
  smolLm2 ? JSON.stringify(smolLm2, null, 1) : "skipped: the model is not here (PALIMPSEST_SMOLLM2)",
);
backend.dispose();
writeResult("rome", { threads, embedded, smolLm2: smolLm2 ?? "skipped" });
