/**
 * Computes what the page shows before a model is there: for every example of the gallery a trace and an edit, by the
 * lab with nothing but its defaults. Run by makeStored.mjs; src/lab/gallery.golden.test.ts holds live results against it.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EditRequest, EditResult } from "../src/domain/edit";
import type { LabApi } from "../src/domain/labApi";
import type { TraceRequest, TraceResult } from "../src/domain/trace";
import { createLab } from "../src/lab/createLab";
import { durableFiles, memoryFiles } from "../src/lab/durableFiles";
import { nodeEnvironment } from "../src/lab/nodeEnvironment";
import { parseGallery, promptOf, type Example } from "../src/store/gallery";

const CONTEXT = { signal: new AbortController().signal, onProgress: () => undefined };

export type LiveResult = { trace: TraceResult; edit: EditResult };

/** A lab that keeps nothing: statistics must be those that ship. */
export const createFreshLab = (): LabApi =>
  createLab({ ...nodeEnvironment({ backend: "wasm" }), cache: durableFiles(memoryFiles()) });

/** Traces an example, edits it, and takes the edit back. */
export async function computeExample(lab: LabApi, example: Example): Promise<LiveResult> {
  const { text, subject } = promptOf(example);
  const question: TraceRequest = {
    prompt: text,
    subject,
    kind: "state",
    window: 10,
    samples: 10,
    noise: "3sigma",
    seed: 1,
    severedNoise: "published",
    naive: false,
  };
  const trace = await lab.trace(question, CONTEXT);
  const { template, target, answer, paraphrases, neighbours } = example;
  const request: EditRequest = {
    prompt: template,
    subject: example.subject,
    targetNew: target,
    targetTrue: answer,
    paraphrases,
    neighbours,
  };
  const call = { method: "ROME" as const, requests: [request], settings: {}, seed: 1 };
  const edit = await lab.edit(call, CONTEXT);
  const { weightHash, line } = await lab.removeEdit({ id: edit.editId }, CONTEXT);
  // The edit is no longer on the model: what is stored is what it did, not the stack it stood in.
  return { trace, edit: { ...edit, stack: { edits: [], weightHash, line } } };
}

/** Five digits are more than the page shows, and half of what floats print. */
export function rounded<Value>(value: Value): Value {
  const round = (_key: string, item: unknown): unknown =>
    typeof item === "number" ? Number(item.toPrecision(5)) : item;
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => round(key, item))) as Value;
}

/** Computes the examples named by `ids`, or all of them. */
export async function makeStored(root: string, ids: readonly string[] = []): Promise<void> {
  const folder = join(root, "public/examples");
  const gallery = parseGallery(JSON.parse(await readFile(join(folder, "gallery.json"), "utf8")));
  if (!gallery) throw new Error("gallery.json is no gallery");
  const lab = createFreshLab();
  await lab.load({ source: { kind: "embedded", name: gallery.model.replace(/^embedded:/u, "") } }, CONTEXT);
  if (ids.length === 0) await rm(join(folder, "stored"), { recursive: true, force: true });
  await mkdir(join(folder, "stored"), { recursive: true });
  for (const example of gallery.examples) {
    if (ids.length > 0 && !ids.includes(example.id)) continue;
    const live = await computeExample(lab, example);
    const [first] = live.edit.requests;
    const told = `${example.id}: ${live.trace.answer.text}, new answer ${first!.before.p.toExponential(1)} → ${first!.after.p.toFixed(3)}`;
    process.stderr.write(`${told}\n`);
    if (!startsAnswer(live, example))
      throw new Error(`${example.id}: the model answers “${live.trace.answer.text}”`);
    if (first!.after.p < 0.5) throw new Error(`${example.id}: the edit does not take`);
    const stored = { example: example.id, ...live };
    await writeFile(join(folder, example.stored), `${JSON.stringify(rounded(stored))}\n`);
  }
}

/** The model's next token begins the answer; it need not be a whole word. */
const startsAnswer = ({ trace }: LiveResult, { answer }: Example): boolean =>
  trace.answer.text.trim() !== "" && answer.startsWith(trace.answer.text.trim());
