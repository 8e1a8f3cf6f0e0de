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

/** What is kept of a category, and of the whole at least. */
const MOST_OF_CATEGORY = 6;
const LEAST_EXAMPLES = 24;

/** Why an example cannot be shown; undefined when it can. */
function faultOf(live: LiveResult, example: Example): string | undefined {
  if (!startsAnswer(live, example)) return `the model answers “${live.trace.answer.text}”`;
  const { p } = live.edit.requests[0]!.after;
  return p < 0.5 ? `the edit does not take (${p.toFixed(3)})` : undefined;
}

/**
 * Computes the examples named by `ids`; or tries all of them, keeps of each category the first few that the model and
 * the method are sure of, and leaves the others out of the gallery.
 */
export async function makeStored(root: string, ids: readonly string[] = []): Promise<void> {
  const folder = join(root, "public/examples");
  const gallery = parseGallery(JSON.parse(await readFile(join(folder, "gallery.json"), "utf8")));
  if (!gallery) throw new Error("gallery.json is no gallery");
  const lab = createFreshLab();
  await lab.load({ source: { kind: "embedded", name: gallery.model.replace(/^embedded:/u, "") } }, CONTEXT);
  if (ids.length === 0) await rm(join(folder, "stored"), { recursive: true, force: true });
  await mkdir(join(folder, "stored"), { recursive: true });
  const kept: Example[] = [];
  for (const example of gallery.examples) {
    const isEnough = kept.filter(({ category }) => category === example.category).length >= MOST_OF_CATEGORY;
    if (ids.length > 0 ? !ids.includes(example.id) : isEnough) continue;
    const live = await computeExample(lab, example);
    const [first] = live.edit.requests;
    const told = `${example.id}: ${live.trace.answer.text}, new answer ${first!.before.p.toExponential(1)} → ${first!.after.p.toFixed(3)}`;
    process.stderr.write(`${told}\n`);
    const fault = faultOf(live, example);
    if (fault !== undefined) {
      if (ids.length > 0 || example === gallery.examples[0]) throw new Error(`${example.id}: ${fault}`);
      process.stderr.write(`left out: ${fault}\n`);
      continue;
    }
    kept.push(example);
    const stored = { example: example.id, ...live };
    await writeFile(join(folder, example.stored), `${JSON.stringify(rounded(stored))}\n`);
  }
  if (ids.length > 0) return;
  if (kept.length < LEAST_EXAMPLES) throw new Error(`only ${kept.length} examples are left`);
  await writeFile(
    join(folder, "gallery.json"),
    `${JSON.stringify({ ...gallery, examples: kept }, null, 1)}\n`,
  );
}

/** The model's next token begins the answer; it need not be a whole word. */
const startsAnswer = ({ trace }: LiveResult, { answer }: Example): boolean =>
  trace.answer.text.trim() !== "" && answer.startsWith(trace.answer.text.trim());
