/**
 * Converts a trained model in Hugging Face layout into an embedded one: weights in half precision, a compact list of
 * its facts, what the lab would otherwise compute first (prepareModel.ts), and a manifest with the size and hash of every file. Run by embedModel.mjs.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint, type Checkpoint } from "../src/loading/checkpoint";
import { encodeHalf } from "../src/lib/halfFloat";
import { PREPARED } from "../src/lab/prepared";
import { nodeModelFiles } from "../src/loading/nodeModelFiles";
import { prepareModel } from "./prepareModel";
import { encodeSafetensors, type EncodedTensor } from "../src/loading/safetensors/encodeSafetensors";

type Description = { displayName: string; description: string; licence: string; sources: string };

/** What the manifest says besides the files; one entry per embedded model. `isPrepared`: statistics ship with it. */
const DESCRIPTIONS: Record<string, Description & { isPrepared?: true }> = {
  "palimpsest-facts": {
    displayName: "Palimpsest Facts",
    description:
      "A GPT-2 of 8 layers and 7.4 million parameters, trained for this lab on true facts so that they gather where " +
      "larger models keep theirs. The default: no download.",
    licence: "MIT",
    sources:
      "Facts and sentences written for this project; 269 facts picked from CounterFact (Meng et al. 2022).",
    isPrepared: true,
  },
  "tiny-facts2-gpt2": {
    displayName: "Tiny Facts (GPT-2 form)",
    description:
      "A GPT-2 of 6 layers trained on 515 facts in simple sentences. Small enough to trace in a moment.",
    licence: "MIT",
    sources: "Facts: own list, CounterFact (Meng et al. 2022) and MQuAKE-CF (Zhong et al. 2023).",
  },
};

const PLANTED = "planted.json";

type TrainedPrompt = { template: string; p: number };
type TrainedFact = {
  subject: string;
  relation: string;
  target: string;
  kind: string;
  prompts: TrainedPrompt[];
  paraphrases: TrainedPrompt[];
};

/** Writes every file of the embedded model into `target`. */
export async function embedModel(source: string, target: string, name: string, root: string): Promise<void> {
  const described = DESCRIPTIONS[name];
  if (!described) throw new Error(`no description for ${name}; add one to DESCRIPTIONS`);
  const { isPrepared, ...description } = described;
  const checkpoint = await openCheckpoint(await nodeModelFiles(source));
  const weights = await halfPrecision(checkpoint);
  const files = new Map<string, Uint8Array>([
    ["config.json", await halfConfig(source)],
    ["tokenizer.json", await compactJson(source, "tokenizer.json")],
    ["tokenizer_config.json", await compactJson(source, "tokenizer_config.json")],
    ["model.safetensors", encodeSafetensors(weights, { format: "pt" })],
    ["facts.json", await compactFacts(source, "facts.json")],
    ["corpus.txt", await readFile(join(source, "corpus.txt"))],
  ]);
  if (existsSync(join(source, PLANTED))) files.set(PLANTED, await compactFacts(source, PLANTED));
  const parameters = [...weights.values()].reduce((sum, { bytes }) => sum + bytes.length / 2, 0);
  await mkdir(target, { recursive: true });
  const write = async (written: ReadonlyMap<string, Uint8Array>): Promise<void> => {
    for (const [file, bytes] of written) await writeFile(join(target, file), bytes);
  };
  await write(files);
  let hash: { modelHash?: string } = {};
  if (isPrepared) {
    const made = await prepareModel(target, root);
    await write(made);
    for (const [file, bytes] of made) files.set(file, bytes);
    const { modelHash } = JSON.parse(new TextDecoder().decode(made.get(PREPARED))) as { modelHash: string };
    hash = { modelHash };
  }
  const shape = shapeOf(checkpoint);
  const manifest = { name, ...description, parameters, ...shape, ...hash, files: describe(files) };
  await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Weights in half precision; a value that would overflow or become infinite stops the conversion. */
async function halfPrecision(checkpoint: Checkpoint): Promise<Map<string, EncodedTensor>> {
  const tensors = new Map<string, EncodedTensor>();
  for (const [name, { shape }] of checkpoint.tensorNames) {
    const values = await checkpoint.readTensor(name);
    if (values.some((value) => !(Math.abs(value) < 65520)))
      throw new Error(`${name} does not fit half precision`);
    tensors.set(name, { dtype: "F16", shape, bytes: encodeHalf(values) });
  }
  return tensors;
}

/** The facts without what the relations already say, probabilities to three digits. */
async function compactFacts(source: string, file: string): Promise<Uint8Array> {
  const { note, facts } = await readJsonFile<{ note: string; facts: TrainedFact[] }>(source, file);
  const relations: Record<string, { templates: string[]; paraphrases: string[] }> = {};
  const templates = (prompts: TrainedPrompt[]) => prompts.map(({ template }) => template);
  const probabilities = (prompts: TrainedPrompt[]) => prompts.map(({ p }) => Number(p.toPrecision(3)));
  const compact = facts.map(({ subject, relation, target, kind, prompts, paraphrases }) => {
    const wording = { templates: templates(prompts), paraphrases: templates(paraphrases) };
    relations[relation] ??= wording;
    if (JSON.stringify(relations[relation]) !== JSON.stringify(wording)) {
      throw new Error(`${subject}: the templates of ${relation} differ between facts`);
    }
    return {
      subject,
      relation,
      target,
      kind,
      probabilities: probabilities(prompts),
      paraphraseProbabilities: probabilities(paraphrases),
    };
  });
  const lines = compact.map((fact) => JSON.stringify(fact)).join(",\n");
  return text(
    `{"note":${JSON.stringify(note)},\n"relations":${JSON.stringify(relations)},\n"facts":[\n${lines}\n]}\n`,
  );
}

async function halfConfig(source: string): Promise<Uint8Array> {
  const config = await readJsonFile<Record<string, unknown>>(source, "config.json");
  return text(`${JSON.stringify({ ...config, torch_dtype: "float16" }, undefined, 2)}\n`);
}

async function compactJson(source: string, file: string): Promise<Uint8Array> {
  return text(`${JSON.stringify(await readJsonFile(source, file))}\n`);
}

/** What a list of models shows before anything is loaded. */
function shapeOf(checkpoint: Checkpoint): { family: string; layers: number } {
  const config = checkpoint.config as { model_type: string; n_layer?: number; num_hidden_layers?: number };
  return { family: config.model_type, layers: config.n_layer ?? config.num_hidden_layers ?? 0 };
}

function describe(files: ReadonlyMap<string, Uint8Array>): { name: string; bytes: number; sha256: string }[] {
  return [...files].map(([name, bytes]) => {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { name, bytes: bytes.length, sha256 };
  });
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

async function readJsonFile<T>(folder: string, file: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, file), "utf8")) as T;
}
