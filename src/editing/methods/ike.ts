/**
 * IKE (arXiv 2305.12740; algorithms.md section 14): nothing in the model changes. The fact, and examples of what a new
 * fact is to do, are put in front of the question; the examples are those most like the fact.
 */
import type { EditMemory, EditRequest } from "../../domain/edit";
import type { Model } from "../../model/model";
import { contextOf, demonstrationPool, demonstrationQuery, retrieve } from "../around/demonstrations";
import { chooseEncoder } from "../around/chooseEncoder";
import { OWN_DEMONSTRATIONS } from "../around/ownDemonstrations";
import { centreOf, towards } from "../around/similarity";
import { ikeDefinition, type IkeSettings } from "../settings/aroundSettings";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

const bare = ({ prompt, subject }: EditRequest): string => prompt.replace("{}", () => subject);

async function run(
  model: Model,
  { requests, settings, demonstrations = OWN_DEMONSTRATIONS, sentenceEncoder }: RecipeInput<IkeSettings>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const encoder = chooseEncoder(settings.encoder, model, sentenceEncoder);
  const pool = demonstrationPool(demonstrations);
  report("Comparing texts", 0, 2);
  const facts = requests.map((request) => ({
    prompt: bare(request),
    subject: request.subject,
    answer: request.targetNew.trim(),
  }));
  const queries = facts.map(({ prompt, answer }) => demonstrationQuery(prompt, answer));
  const vectors = await encoder.embed([...pool, ...queries], signal);
  report("Comparing texts", 1, 2);
  const prompts = demonstrations.map(({ prompt }) => prompt);
  const keys = await encoder.embed([...prompts, ...facts.map(({ prompt }) => prompt)], signal);
  report("Comparing texts", 2, 2);
  const centre = centreOf(keys, encoder);
  const poolCentre = centreOf(vectors, encoder);
  const [poolVectors, queryVectors] = split(
    vectors.map((vector) => towards(vector, poolCentre)),
    pool.length,
  );
  const memory: EditMemory = {
    use: "context",
    encoder: encoder.name,
    width: centre.length,
    reach: settings.reach,
    facts: facts.map((fact, at) => {
      const found = retrieve(poolVectors, queryVectors[at]!, settings.demonstrations);
      const shown = found.map(({ index }) => pool[index]!);
      return { ...fact, demonstrations: settings.order === "nearestFirst" ? shown : shown.reverse() };
    }),
    keys: joined(
      keys.slice(prompts.length).map((key) => towards(key, centre)),
      centre.length,
    ),
    centre,
  };
  return { updates: [], losses: [], warnings: roomWarnings(model, memory), intermediates: [], memory };
}

const split = <Item>(items: readonly Item[], at: number) => [items.slice(0, at), items.slice(at)] as const;

export function joined(rows: readonly Float32Array[], width: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, at) => values.set(row, at * width));
  return values;
}

/** What does not fit in front of the shortest question is never seen. */
function roomWarnings({ tokenizer, config }: Model, { facts }: EditMemory): string[] {
  const tokens = facts.map(
    ({ prompt, answer, demonstrations }) =>
      tokenizer.encode(contextOf(demonstrations, prompt, answer) + prompt).ids.length,
  );
  const longest = Math.max(...tokens);
  if (longest <= 0.75 * config.contextLength) return [];
  return [
    `The examples take ${longest} tokens with the fact; the model reads ${config.contextLength}. The last ones in the list are left out.`,
  ];
}

export const ike = method<IkeSettings>({
  name: "IKE",
  family: "around",
  summary:
    "Tells the model the new fact in front of every question, with examples of how to use one; works as far as the model learns from what it reads.",
  changes:
    "no weight: the prompt that the model reads; traces and keys are those of the prompt as you wrote it",
  settings: ikeDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  batch: true,
  contexts: "none",
  longTargets: false,
  run,
});
