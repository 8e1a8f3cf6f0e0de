/**
 * How long a job goes on after Cancel, in the shell's lab on WASM: each job is started, cancelled at several moments,
 * and the wall clock read from the cancel to the job's end. The worker in front only hands the message on.
 */
import type { CallContext } from "../src/domain/progress";
import type { EditCall } from "../src/domain/edit";
import type { LabApi } from "../src/domain/labApi";
import { createLab } from "../src/lab/createLab";
import { nodeEnvironment } from "../src/lab/nodeEnvironment";
import { smolLm2Path } from "../tests/realModel";
import { writeResult } from "./writeResult";

const FACT = { prompt: "The {} is located in the city of", subject: "Eiffel Tower" };
const CONTEXTS = [
  "{}",
  ...Array.from({ length: 20 }, (_, i) => `The river ${"and the hill ".repeat(i % 3)}was. {}`),
];

const EDIT: EditCall = {
  method: "ROME",
  requests: [{ ...FACT, targetNew: "Rome", paraphrases: [], neighbours: [] }],
  settings: { earlyStopLoss: 0, useSecondMoment: false },
  seed: 1,
  contexts: CONTEXTS,
};

type Job = (lab: LabApi, context: CallContext<unknown>) => Promise<unknown>;

/** Each runs for seconds on SmolLM2. */
const JOBS: Record<string, Job> = {
  generate: (lab, context) =>
    lab.generate(
      {
        prompt: "Once upon a time",
        maxTokens: 400,
        top: 5,
        temperature: 0,
        seed: 1,
        chat: false,
        stop: [],
        ignoreEnd: true,
      },
      context,
    ),
  trace: (lab, context) =>
    lab.trace(
      {
        prompt: FACT.prompt.replace("{}", FACT.subject),
        subject: FACT.subject,
        kind: "mlp",
        window: 5,
        noise: "3sigma",
        samples: 10,
        severedNoise: "published",
        naive: false,
        seed: 1,
      },
      context,
    ),
  statistics: (lab, context) => lab.statistics({ layers: [7] }, context),
  edit: (lab, context) => lab.edit(EDIT, context),
};

/** Milliseconds from the cancel to the job's end. */
async function waitAfterCancel(lab: LabApi, job: Job, afterMs: number): Promise<number> {
  const work = new AbortController();
  // Read from the moment the user asks: a blocked event loop runs the timer late.
  const askedAt = performance.now() + afterMs;
  const timer = setTimeout(() => work.abort(), afterMs);
  const outcome = await job(lab, { signal: work.signal, onProgress: () => undefined }).then(
    () => "finished",
    (error: unknown) => (error as { code?: string }).code,
  );
  clearTimeout(timer);
  if (outcome !== "cancelled")
    throw new Error(`the job ended before its cancel at ${afterMs} ms: ${outcome}`);
  return performance.now() - askedAt;
}

const MOMENTS = [300, 700, 1500, 2600, 4100, 5700];

async function measure(path: string) {
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
  await lab.load({ source: { kind: "path", path } }, quiet);
  const waits: Record<string, { worstMs: number; ms: number[] }> = {};
  for (const [name, job] of Object.entries(JOBS)) {
    const ms: number[] = [];
    for (const moment of MOMENTS) ms.push(Math.round(await waitAfterCancel(lab, job, moment)));
    waits[name] = { worstMs: Math.max(...ms), ms };
    console.log(name, JSON.stringify(waits[name]));
  }
  return waits;
}

if (smolLm2Path === undefined) console.log("skipped: the model is not here (PALIMPSEST_SMOLLM2)");
writeResult("cancel", { smolLm2: smolLm2Path === undefined ? "skipped" : await measure(smolLm2Path) });
