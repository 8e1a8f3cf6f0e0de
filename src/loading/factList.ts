/**
 * The facts that come with an embedded model: what it was taught and how surely it recalls it. Subjects set the noise
 * of causal tracing (3 sigma); templates serve as prompts, probes and examples.
 */
import { type ByteSource, type ModelFiles } from "./byteSource";
import { fault } from "./fault";
import { isJsonObject, ownValue, readJson } from "./json/parseJson";

const MAX_BYTES = 16 * 1024 * 1024;

/** Prompt templates with one `{}` each: those the model was trained on and those it never saw. */
export type Relation = { templates: readonly string[]; paraphrases: readonly string[] };

export type Fact = {
  subject: string;
  relation: string;
  target: string;
  /** Sort of subject: country, person, product, … */
  kind: string;
  /** Probability of the whole target after each template and each paraphrase of the relation. */
  probabilities: readonly number[];
  paraphraseProbabilities: readonly number[];
};

export type FactList = { relations: ReadonlyMap<string, Relation>; facts: readonly Fact[] };

/**
 * facts.json of an embedded model, or undefined when the model has none.
 * @throws AppError bad-json
 */
export async function readFactList(files: ModelFiles, signal?: AbortSignal): Promise<FactList | undefined> {
  const source = files.get("facts.json");
  return source ? parseFactList(await readJson(source, MAX_BYTES, signal), source) : undefined;
}

function parseFactList(json: unknown, { name }: ByteSource): FactList {
  const relations = isJsonObject(json) ? ownValue(json, "relations") : undefined;
  const facts = isJsonObject(json) ? ownValue(json, "facts") : undefined;
  if (!isJsonObject(relations)) throw fault("bad-json", name, "relations is not an object");
  if (!Array.isArray(facts)) throw fault("bad-json", name, "facts is not a list");
  const known = new Map<string, Relation>();
  for (const [key, relation] of Object.entries(relations)) {
    if (!isRelation(relation))
      throw fault("bad-json", name, `relations.${key} has no templates and paraphrases`);
    known.set(key, relation);
  }
  facts.forEach((fact: unknown, i) => {
    if (!isFact(fact)) throw fault("bad-json", name, `facts[${i}] is not a fact`);
    if (!known.has(fact.relation))
      throw fault("bad-json", name, `facts[${i}].relation is not among the relations`);
  });
  return { relations: known, facts: facts as Fact[] };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === "string");
const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => typeof n === "number");

const isRelation = (value: unknown): value is Relation =>
  isJsonObject(value) && isTexts(value["templates"]) && isTexts(value["paraphrases"]);

const isFact = (value: unknown): value is Fact =>
  isJsonObject(value) &&
  ["subject", "relation", "target", "kind"].every((key) => typeof value[key] === "string") &&
  isNumbers(value["probabilities"]) &&
  isNumbers(value["paraphraseProbabilities"]);
