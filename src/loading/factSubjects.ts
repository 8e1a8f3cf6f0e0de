/**
 * The subjects of a model's own list of facts, facts.json beside its weights: they set the noise of causal tracing
 * (three sigma). The embedded models' form and the training script's are both `{facts: [{subject, …}]}`.
 */
import type { ModelFiles } from "./byteSource";
import { isJsonObject, ownValue, readJson } from "./json/parseJson";

const NAME = "facts.json";
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Distinct subjects in the file's order; none when there is no such file or it is a list of something else, since a
 * folder may hold any file of this name.
 * @throws AppError bad-json, limit
 */
export async function readFactSubjects(files: ModelFiles, signal?: AbortSignal): Promise<string[]> {
  const source = files.get(NAME);
  if (source === undefined) return [];
  const json = await readJson(source, MAX_BYTES, signal);
  const facts = isJsonObject(json) ? ownValue(json, "facts") : undefined;
  if (!Array.isArray(facts)) return [];
  const subjects = facts.map((fact: unknown) => (isJsonObject(fact) ? ownValue(fact, "subject") : undefined));
  return [
    ...new Set(
      subjects.filter((subject): subject is string => typeof subject === "string" && subject !== ""),
    ),
  ];
}
