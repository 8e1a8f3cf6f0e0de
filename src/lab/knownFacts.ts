/**
 * The facts a model brings with it: what it was taught (facts.json) and what was planted afterwards (planted.json).
 * Read once per model; a folder without such a list has none.
 */
import type { FactListName, KnownFact } from "../domain/superposition";
import { AppError } from "../lib/errors";
import { readFacts } from "../lib/facts/readFacts";
import { readWhole, type ModelFiles } from "../loading/byteSource";
import { isJsonObject, ownValue } from "../loading/json/parseJson";

const FILES: Readonly<Record<FactListName, string>> = { own: "facts.json", planted: "planted.json" };
const MOST_BYTES = 16 * 2 ** 20;

type Lists = Map<FactListName, readonly KnownFact[]>;
const known = new WeakMap<ModelFiles, Lists>();

/**
 * None where there is no such file or it holds something else: a folder may hold any file of this name.
 * @throws AppError network, limit, cancelled
 */
export async function knownFacts(
  files: ModelFiles,
  list: FactListName,
  signal?: AbortSignal,
): Promise<readonly KnownFact[]> {
  const lists: Lists = known.get(files) ?? new Map();
  known.set(files, lists);
  const facts = lists.get(list) ?? (await readList(files, FILES[list], signal));
  lists.set(list, facts);
  return facts;
}

async function readList(files: ModelFiles, name: string, signal?: AbortSignal): Promise<KnownFact[]> {
  const source = files.get(name);
  if (source === undefined) return [];
  const text = new TextDecoder().decode(await readWhole(source, MOST_BYTES, signal));
  try {
    const facts = readFacts(text, name);
    const paraphrases = paraphrasesOf(JSON.parse(text));
    return facts.map((fact, at) => ({ ...fact, paraphrases: paraphrases(at) }));
  } catch (error) {
    if (error instanceof AppError && (error.code === "bad-json" || error.code === "bad-request")) return [];
    throw error;
  }
}

/** Wordings the model was not trained on, by a fact's place in the list. */
function paraphrasesOf(json: unknown): (at: number) => string[] {
  const facts = isJsonObject(json) ? ownValue(json, "facts") : undefined;
  const relations = isJsonObject(json) ? ownValue(json, "relations") : undefined;
  return (at) => {
    const fact: unknown = Array.isArray(facts) ? facts[at] : undefined;
    const name = isJsonObject(fact) ? ownValue(fact, "relation") : undefined;
    const relation =
      isJsonObject(relations) && typeof name === "string" ? ownValue(relations, name) : undefined;
    const wordings: unknown = isJsonObject(relation) ? ownValue(relation, "paraphrases") : undefined;
    if (!Array.isArray(wordings)) return [];
    return wordings.filter((one): one is string => typeof one === "string" && one.split("{}").length === 2);
  };
}
