/**
 * What threads bring on WASM: the same jobs with one thread and with as many as the product takes here, on the wall's
 * clock. tfjs has one memory per process and threads need another kind of it, so each number of threads is a process.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import type { EditCall } from "../src/domain/edit";
import type { TraceRequest } from "../src/domain/trace";
import { computeEdit } from "../src/editing/computeEdit";
import { sampleContexts } from "../src/editing/contexts";
import { startBackend } from "../src/gpu/backend";
import { readWasmFiles } from "../src/gpu/wasm/nodeFiles";
import { threadsFor } from "../src/gpu/wasm/wasmFiles";
import { openCheckpoint } from "../src/loading/checkpoint";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { parseModelConfig } from "../src/model/config";
import { loadModel, type Model } from "../src/model/model";
import { openTokenizer } from "../src/model/tokenizer/openTokenizer";
import { trace } from "../src/tracing/trace";
import { smolLm2Path } from "../tests/realModel";
import { writeResult } from "./writeResult";

const CONTEXT = { signal: new AbortController().signal, onProgress: () => undefined };
const JOBS = [
  {
    name: "embedded",
    path: "public/models/palimpsest-facts",
    fact: { prompt: "The Eiffel Tower is located in", subject: "Eiffel Tower", targetNew: "Rome" },
    calls: 5,
  },
  {
    name: "smolLm2",
    path: smolLm2Path,
    fact: {
      prompt: "The Eiffel Tower is located in the city of",
      subject: "Eiffel Tower",
      targetNew: "Rome",
    },
    calls: 1,
  },
];

async function seconds(calls: number, job: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let call = 0; call < calls; call++) {
    const start = performance.now();
    await job();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return Number(best.toFixed(3));
}

async function open(path: string): Promise<Model> {
  const checkpoint = await openCheckpoint(await nodeModelFiles(path));
  return loadModel(checkpoint, openTokenizer(checkpoint), parseModelConfig(checkpoint.config));
}

const traceOf = (prompt: string, subject: string): TraceRequest => ({
  ...{ prompt, subject, kind: "state", window: 10, samples: 10, noise: "3sigma", seed: 1 },
  ...{ severedNoise: "published", naive: false },
});

type Fact = (typeof JOBS)[number]["fact"];

/** Seconds of a trace of states and of a ROME edit; the edit without C, whose own cost is told by the bench "rome". */
async function measure(model: Model, { prompt, subject, targetNew }: Fact, calls: number) {
  const contexts = await sampleContexts(model, 1);
  const blank = {
    prompt: prompt.replace(subject, "{}"),
    subject,
    targetNew,
    paraphrases: [],
    neighbours: [],
  };
  const call: EditCall = { method: "ROME", requests: [blank], settings: { useSecondMoment: false }, seed: 1 };
  return {
    trace: await seconds(calls, () => trace(model, traceOf(prompt, subject), [subject], CONTEXT)),
    rome: await seconds(calls, () => computeEdit(model, call, { ...CONTEXT, contexts })),
  };
}

/** The child's half: all jobs with this many threads, as JSON on the standard output. */
async function measureAll(threads: number): Promise<void> {
  const backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd(), { threads }) });
  const times: Record<string, unknown> = {};
  for (const { name, path, fact, calls } of JOBS) {
    if (path === undefined) continue;
    const model = await open(path);
    times[name] = await measure(model, fact, calls);
    model.dispose();
  }
  backend.dispose();
  process.stdout.write(JSON.stringify(times));
}

type Times = Record<string, Record<"trace" | "rome", number>>;

function inChild(threads: number): Times {
  const script = process.argv[1]!;
  const { stdout, status } = spawnSync(process.execPath, [script, String(threads)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`The run with ${threads} threads failed.`);
  return JSON.parse(stdout) as Times;
}

if (process.argv[2] === undefined) {
  const threads = threadsFor(availableParallelism());
  const [one, all] = [inChild(1), inChild(threads)];
  const ratios = Object.fromEntries(
    Object.entries(one).map(([name, { trace, rome }]) => [
      name,
      { trace: trace / all[name]!.trace, rome: rome / all[name]!.rome },
    ]),
  );
  const figures = { threads, seconds: { one, all }, oneOverAll: ratios };
  console.log(JSON.stringify(figures, null, 1));
  writeResult("threads", figures);
} else await measureAll(Number(process.argv[2]));
