/**
 * The sweep against its slow twin on 12-token prompts: the embedded model and SmolLM2, WASM, one thread. How much the
 * sweep saves depends on where the subject stands (restoring before it is known to change nothing), so the embedded model
 * has both: the subject inside, and the hardest case, the subject first. A naive trace of SmolLM2 would take minutes;
 * every naive cell costs the same whole pass, so some are timed and multiplied.
 * Times are CPU seconds, so that other work on the machine does not decide.
 */
import type { TraceRequest, TraceResult } from "../src/domain/trace";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { openCheckpoint } from "../src/loading/checkpoint";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { parseModelConfig } from "../src/model/config";
import { loadModel, type Model } from "../src/model/model";
import { openTokenizer } from "../src/model/tokenizer/openTokenizer";
import { makeBaselines, summarise } from "../src/tracing/baselines";
import { naiveCell } from "../src/tracing/naiveTrace";
import { trace } from "../src/tracing/trace";
import { smolLm2Path } from "../tests/realModel";
import { writeResult } from "./writeResult";

const SUBJECTS = ["Stephen Curry", "Space Needle", "Danielle Darrieux"];
const TOKENS = 12;

type Prompt = Pick<TraceRequest, "prompt" | "subject">;
const INSIDE: Prompt = { prompt: "The sport played by Stephen Curry is", subject: "Stephen Curry" };
const FIRST: Prompt = { prompt: "Space Needle can be visited in the city of", subject: "Space Needle" };
const REAL: Prompt = {
  prompt: "The mother tongue of the actress Danielle Darrieux is",
  subject: "Danielle Darrieux",
};

const signal = new AbortController().signal;
const requestOf = (prompt: Prompt): TraceRequest => ({
  ...prompt,
  kind: "state",
  window: 10,
  samples: 10,
  noise: "3sigma",
  seed: 1,
  severedNoise: "published",
  naive: false,
});

/** CPU seconds of the fastest of some calls. */
async function cpuSeconds(calls: number, job: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let call = 0; call < calls; call++) {
    const before = process.cpuUsage();
    await job();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

async function compare(model: Model, prompt: Prompt, { calls, cells }: { calls: number; cells: number }) {
  const request = requestOf(prompt);
  const started = performance.now();
  const fast = () => trace(model, request, SUBJECTS, { signal, onProgress: () => undefined });
  let result: TraceResult | undefined;
  const fastSeconds = await cpuSeconds(calls, async () => (result = await fast()));
  const { tokens, subject } = result!;
  if (tokens.length !== TOKENS) throw new Error(`The prompt has ${tokens.length} tokens.`);
  const all = tokens.length * model.config.layers;
  const timed = Math.min(cells, all);
  const naiveSeconds = (await naiveCells(model, request, timed, calls)) * (all / timed);
  const figures = { subject: [subject.start, subject.end], fastSeconds, naiveSeconds };
  console.log(`  ${((performance.now() - started) / 1000).toFixed(0)} s of bench`);
  return { ...figures, naiveCellsTimed: `${timed} of ${all}`, naiveOverFast: naiveSeconds / fastSeconds };
}

/** CPU seconds of the first `cells` cells of a naive trace, without the two runs that both kinds of trace begin with. */
async function naiveCells(
  model: Model,
  request: TraceRequest,
  cells: number,
  calls: number,
): Promise<number> {
  const baselines = await makeBaselines(model, request, SUBJECTS, signal);
  const { answer } = await summarise(model, request, baselines, signal);
  const { layers } = model.config;
  const seconds = await cpuSeconds(calls, async () => {
    for (let cell = 0; cell < cells; cell++) {
      const place = { token: Math.floor(cell / layers), layer: cell % layers };
      const intervention = {
        ...place,
        kind: "state",
        site: undefined,
        window: 10,
        recorded: undefined,
      } as const;
      await naiveCell(intervention, answer.id, { model, scored: baselines.scored, signal });
    }
  });
  baselines.dispose();
  return seconds;
}

async function open(path: string): Promise<Model> {
  const checkpoint = await openCheckpoint(await nodeModelFiles(path));
  return loadModel(checkpoint, openTokenizer(checkpoint), parseModelConfig(checkpoint.config));
}

const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
const shipped = await open("public/models/palimpsest-facts");
const whole = { calls: 3, cells: Infinity };
const embedded = {
  inside: await compare(shipped, INSIDE, whole),
  first: await compare(shipped, FIRST, whole),
};
shipped.dispose();
console.log("embedded model", embedded);
let smolLm2: Awaited<ReturnType<typeof compare>> | undefined;
if (smolLm2Path === undefined) console.log("SmolLM2: skipped, it is not here (PALIMPSEST_SMOLLM2, .cache/).");
else {
  const real = await open(smolLm2Path);
  smolLm2 = await compare(real, REAL, { calls: 1, cells: 12 });
  real.dispose();
  console.log("SmolLM2-135M", smolLm2);
}
writeResult("trace", { embedded, smolLm2: smolLm2 ?? "skipped" });
backend.dispose();
