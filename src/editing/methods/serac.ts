/**
 * SERAC in its smallest form (arXiv 2206.06520; algorithms.md section 15): a list of edits, a classifier of three trained
 * numbers that says whether a question is about one of them, and in the place of the published counterfactual model (a
 * second language model) one without weights, which recites that edit's answer. Out of scope the model answers alone.
 */
import type { DemonstrationRecord, EditMemory, EditRequest } from "../../domain/edit";
import { dot } from "../../linalg/norms";
import type { Model } from "../../model/model";
import { chooseEncoder } from "../around/chooseEncoder";
import { OWN_DEMONSTRATIONS } from "../around/ownDemonstrations";
import { inScope, names, trainScope, type ScopePair } from "../around/scopeClassifier";
import { centreOf, towards } from "../around/similarity";
import { seracDefinition, type SeracSettings } from "../settings/aroundSettings";
import { joined } from "./ike";
import { method, type MethodResult, type RecipeContext, type RecipeInput } from "./method";

const bare = ({ prompt, subject }: EditRequest): string => prompt.replace("{}", () => subject);

/** Two texts that are, or are not, about one fact. */
type TextPair = { fact: string; subject: string; question: string; belongs: boolean };

/** From an example: the fact in other words; a neighbour, and another question about the same subject. */
function pairsOf({ prompt: fact, subject, paraphrase, neighbour, other }: DemonstrationRecord): TextPair[] {
  if (subject === undefined) return [];
  const pair = (question: string | undefined, belongs: boolean): TextPair[] =>
    question === undefined ? [] : [{ fact, subject, question, belongs }];
  return [...pair(paraphrase, true), ...pair(neighbour?.prompt, false), ...pair(other, false)];
}

/** From a request: what it says itself of its scope. */
function pairsTold(request: EditRequest): TextPair[] {
  const about = { fact: bare(request), subject: request.subject };
  return [
    ...request.paraphrases.map((question) => ({ ...about, question, belongs: true })),
    ...request.neighbours.map(({ prompt, subject }) => ({
      ...about,
      question: prompt.replace("{}", () => subject ?? ""),
      belongs: false,
    })),
  ];
}

async function run(
  model: Model,
  { requests, settings, demonstrations = OWN_DEMONSTRATIONS, sentenceEncoder }: RecipeInput<SeracSettings>,
  { signal, report }: RecipeContext,
): Promise<MethodResult> {
  const encoder = chooseEncoder(settings.encoder, model, sentenceEncoder);
  const pairs = [...demonstrations.flatMap(pairsOf), ...requests.flatMap(pairsTold)];
  const facts = requests.map((request) => {
    const { subject, targetNew } = request;
    return { prompt: bare(request), subject, answer: targetNew.trim(), demonstrations: [] };
  });
  report("Training the classifier", 0, 2);
  const texts = [
    ...facts.map(({ prompt }) => prompt),
    ...pairs.flatMap(({ fact, question }) => [fact, question]),
  ];
  const vectors = await encoder.embed(texts, signal);
  report("Training the classifier", 1, 2);
  const centre = centreOf(vectors, encoder);
  const directions = vectors.map((vector) => towards(vector, centre));
  const scored = pairs.map(({ belongs, question, subject }, at): ScopePair => {
    const [fact, asked] = directions.slice(facts.length + 2 * at);
    return { belongs, named: names(question, subject), likeness: dot(fact!, asked!) };
  });
  const scope = { ...trainScope(scored), threshold: settings.threshold };
  report("Training the classifier", 2, 2);
  const memory: EditMemory = {
    use: "recite",
    encoder: encoder.name,
    width: centre.length,
    reach: -1,
    scope,
    facts,
    keys: joined(directions.slice(0, facts.length), centre.length),
    centre,
  };
  return { updates: [], losses: [], warnings: [sentenceOn(scored, scope)], intermediates: [], memory };
}

/** How good the classifier is on what it was trained on. */
function sentenceOn(pairs: readonly ScopePair[], scope: NonNullable<EditMemory["scope"]>): string {
  const isRight = (pair: ScopePair) => inScope(scope, pair) >= scope.threshold === pair.belongs;
  const share = (belongs: boolean) => {
    const kind = pairs.filter((pair) => pair.belongs === belongs);
    return `${kind.filter(isRight).length} of ${kind.length}`;
  };
  return `The scope classifier takes ${share(true)} rewordings for in scope and ${share(false)} other questions for out of it, on the pairs it was trained on.`;
}

export const serac = method<SeracSettings>({
  name: "SERAC",
  family: "around",
  summary:
    "Keeps edits in a list; a classifier of three numbers decides whether a question is about one, and then its answer is recited in the model's place.",
  changes:
    "no weight: what is answered to questions in an edit's scope; the published method trains two language models for this, here there is none",
  settings: seracDefinition,
  statisticsLayers: () => [],
  solvesWithMoment: false,
  batch: true,
  contexts: "none",
  longTargets: false,
  run,
});
