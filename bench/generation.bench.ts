/**
 * Generation on SmolLM2-135M (WASM) with the KV cache against reading the whole text again for every token, at 64
 * tokens; and what loading costs in time and memory. The tokens of both must be the same.
 */
import { smolLm2Path } from "../tests/realModel";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { openCheckpoint } from "../src/loading/checkpoint";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { parseModelConfig } from "../src/model/config";
import { continueTokens } from "../src/model/continueTokens";
import { oneRow } from "../src/model/forward";
import { loadModel, type Model } from "../src/model/model";
import { argmax } from "../src/model/sampling";
import { openTokenizer } from "../src/model/tokenizer/openTokenizer";
import { writeResult } from "./writeResult";

const PROMPT = "The Eiffel Tower is located in the city of";
const TOKENS = 64;

/** Milliseconds of this process on a core: what else runs on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Greedy tokens after the prompt, and the processor's milliseconds from the first token to the last. */
async function timeTokens(model: Model, cached: boolean): Promise<{ ids: number[]; milliseconds: number }> {
  const prompt = oneRow(model.tokenizer.encode(PROMPT).ids);
  const ids: number[] = [];
  let started = 0;
  for await (const step of continueTokens(model, prompt, { sampler: argmax, cached })) {
    if (ids.length === 0) started = processorTime();
    ids.push(step.ids[0]!);
    if (ids.length === TOKENS) break;
  }
  return { ids, milliseconds: processorTime() - started };
}

/** From a cancel in the middle of a long prompt to the end of the job. */
async function timeCancel(model: Model): Promise<number> {
  const ids = Int32Array.from({ length: 1000 }, (_, position) => 100 + (position % 900));
  const controller = new AbortController();
  let cancelled = 0;
  setTimeout(() => {
    cancelled = processorTime();
    controller.abort();
  }, 300);
  try {
    for await (const _ of continueTokens(model, oneRow(ids), { sampler: argmax, signal: controller.signal }));
  } catch {
    return processorTime() - cancelled;
  }
  throw new Error("The job ended before it was cancelled.");
}

async function run(path: string): Promise<void> {
  const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
  const started = processorTime();
  const checkpoint = await openCheckpoint(await nodeModelFiles(path));
  const config = parseModelConfig(checkpoint.config);
  const model = await loadModel(checkpoint, openTokenizer(checkpoint), config);
  const loadSeconds = (processorTime() - started) / 1000;

  await timeTokens(model, true);
  const cached = await timeTokens(model, true);
  const plain = await timeTokens(model, false);
  if (String(cached.ids) !== String(plain.ids)) throw new Error("The cache changes the tokens.");
  const figures = {
    loadSeconds: round(loadSeconds),
    heldMegabytes: round(backend.heldBytes() / 1e6),
    residentMegabytes: round(process.memoryUsage().rss / 1e6),
    peakResidentMegabytes: round((process.resourceUsage().maxRSS * 1024) / 1e6),
    cachedMillisecondsPerToken: round(cached.milliseconds / (TOKENS - 1)),
    plainMillisecondsPerToken: round(plain.milliseconds / (TOKENS - 1)),
    cancelMilliseconds: round(await timeCancel(model)),
    speedup: round(plain.milliseconds / cached.milliseconds),
  };
  console.log(figures);
  writeResult("generation", figures);
}

const round = (value: number): number => Number(value.toPrecision(4));

if (smolLm2Path === undefined) console.log("Skipped: SmolLM2 is not here (PALIMPSEST_SMOLLM2, .cache/).");
else await run(smolLm2Path);
