/** `eval --sequential` as tests run it: on the small embedded model, with the published code's requests and contexts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LifelongPoint } from "../../domain/lifelong";
import { createLab } from "../../lab/createLab";
import { nodeEnvironment } from "../../lab/nodeEnvironment";
import { fixturePath, wholeFixturePath } from "../../../tests/sharedFixtures";
import { parseOptions } from "../arguments";
import { COMMON } from "../command";
import { evaluate } from "../commands/eval";

const ROOT = resolve(import.meta.dirname, "../../..");
export const CASES = "editing/tiny-facts2-gpt2";

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

/** A fresh lab each time, as a new process would have. */
export async function runSequence(
  words: readonly string[],
  signal = new AbortController().signal,
  onNote?: (note: string) => void,
) {
  const options = parseOptions(words, { ...evaluate.options, ...COMMON });
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  const call = { signal, onProgress: ({ note }: { note: string }) => onNote?.(note) };
  const { json, text } = await evaluate.run(options, { lab, call });
  return { ...(json as { points: LifelongPoint[]; collapse: unknown }), text };
}

/** Facts no request is about, asked as they were trained; written into `folder`. */
function writeUntouched(folder: string, most = Infinity): string {
  type Facts = { facts: { subject: string; relation: string; target: string }[]; relations: Record<string, { templates: string[] }> }; // prettier-ignore
  const { facts, relations } = readJson<Facts>(join(ROOT, "public/models/tiny-facts2-gpt2/facts.json"));
  const { untouched_fact_ids: ids } = readJson<{ untouched_fact_ids: number[] }>(
    fixturePath("editing/requests.json"),
  );
  const list = ids
    .slice(0, most)
    .map((id) => ({ ...facts[id]!, prompt: relations[facts[id]!.relation]!.templates[0] }));
  const path = join(folder, "untouched.json");
  writeFileSync(path, JSON.stringify(list));
  return path;
}

type Sequence = {
  folder: string;
  method: string;
  layers?: string;
  contexts?: "rome" | "memit";
  untouched?: number;
};

/** Words of a sequence by one method. */
export function sequenceWords(
  { folder, method, layers, contexts = "rome", untouched }: Sequence,
  more: readonly string[],
): string[] {
  const stored = readJson<{ rome_context_templates: string[]; memit_context_templates: string[][] }>(
    fixturePath(`${CASES}/second_moments/case.json`),
  );
  const path = join(folder, `${contexts}.json`);
  const templates =
    contexts === "rome" ? stored.rome_context_templates : stored.memit_context_templates.flat();
  writeFileSync(path, JSON.stringify(templates));
  return [
    ...["--sequential", "--model", "embedded:tiny-facts2-gpt2", "--method", method],
    ...(layers === undefined ? [] : ["--layers", layers]),
    ...["--data", fixturePath("editing/requests.json"), "--untouched", writeUntouched(folder, untouched)],
    ...["--stats", wholeFixturePath(`${CASES}/second_moments/tensors.safetensors`), "--contexts", path],
    ...more,
  ];
}
