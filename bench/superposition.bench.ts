/**
 * Superposition and the damage meter on the embedded model, WASM, one thread: 128 facts at all layers and 2,000 at one,
 * with C read anew, at hand, and computed from text; what an edit would disturb; the meter after an edit. Times are this
 * process's own on a core, so that what else runs on the machine does not count; the wall clock is told beside them.
 */
import { createLab } from "../src/lab/createLab";
import { nodeEnvironment } from "../src/lab/nodeEnvironment";
import { writeResult } from "./writeResult";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const MATRIX = { matrices: ["interference"], order: true } as const;

type Cost = { processorMs: number; wallMs: number };

async function cost(job: () => Promise<unknown>): Promise<Cost> {
  const wall = performance.now();
  const before = process.cpuUsage();
  await job();
  const { user, system } = process.cpuUsage(before);
  return { processorMs: Math.round((user + system) / 1000), wallMs: Math.round(performance.now() - wall) };
}

const load = async () => {
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  const model = await lab.load({ source: { kind: "embedded", name: "palimpsest-facts" } }, QUIET);
  const { facts } = await lab.knownFacts({ list: "own" }, QUIET);
  return { lab, model, facts };
};

const { lab, model, facts } = await load();
const few = Array.from({ length: 128 }, (_, at) => facts[Math.floor((at * facts.length) / 128)]!);
const many = facts.slice(0, 2000);
const layer = model.defaultEditLayer;
const everyLayer = Array.from({ length: model.layers }, (_, at) => at);

const times: Record<string, Cost> = {};
const take = async (name: string, job: () => Promise<unknown>): Promise<void> => {
  times[name] = await cost(job);
  console.log(name.padEnd(44), times[name]);
};

await take("128 facts, all layers, C as shipped", () => lab.superposition({ facts: few, ...MATRIX }, QUIET));
await take("128 facts, all layers, C at hand", () => lab.superposition({ facts: few, ...MATRIX }, QUIET));
await take("2,000 facts, one layer, C at hand", () =>
  lab.superposition({ facts: many, layers: [layer], ...MATRIX }, QUIET),
);
await take("C of one layer from the model's text", () => lab.statistics({ layers: [layer] }, QUIET));
await take("C of all layers from the model's text", () => lab.statistics({ layers: everyLayer }, QUIET));

const call = {
  method: "ROME",
  requests: [
    {
      ...{ prompt: "The capital of {} is", subject: "Norway", targetNew: "Vienna", targetTrue: "Oslo" },
      ...{
        paraphrases: [],
        neighbours: [{ prompt: "The capital of {} is", subject: "Austria", target: "Vienna" }],
      },
    },
  ],
  settings: {},
  seed: 1,
} as const;
await take("preview over 128 facts", () => lab.previewInterference({ call, facts: few }, QUIET));
await take("preview over 2,000 facts", () => lab.previewInterference({ call, facts: many }, QUIET));
const { editId } = await lab.edit(call, QUIET);
await take("check over 128 facts", () => lab.checkInterference({ id: editId, facts: few }, QUIET));
await take("damage, first time", () => lab.damage({}, QUIET));
await take("damage, base values at hand", () => lab.damage({}, QUIET));
await take("damage, once more", () => lab.damage({}, QUIET));

writeResult("superposition", { model: model.ref, facts: { few: few.length, many: many.length }, times });
