/**
 * What all edits in use have done to the model beyond their own facts, measured in a moment: a fixed set of prompts and
 * texts, whose answers by the checkpoint are asked once per model. The bounds are lib/damageLevels.ts.
 */
import type { DamageMeasure, DamageReport } from "../domain/damage";
import type { EditRequest } from "../domain/edit";
import type { CallContext } from "../domain/progress";
import { damageMeasure, worstLevel } from "../lib/damageLevels";
import { heldTexts } from "../evaluation/heldTexts";
import { divergence, nextDistributions, type NextDistribution } from "../evaluation/nextDistributions";
import { textPerplexity } from "../evaluation/perplexity";
import { scoreAnswers, type AnswerQuestion } from "../evaluation/probes";
import { templateOf } from "../superposition/locateFacts";
import { knownFacts } from "./knownFacts";
import { loadedModel, type LoadedState, type Session } from "./session";
import { defaultTexts } from "./statistics";
import { weightNorms } from "./weightNorms";

/** Few enough for a fraction of a second on the embedded model. */
const TEXTS = 8;
const FACTS = 24;
const NEIGHBOURS = 16;
/** Tokens of a text, so that long lines of another corpus cost no more. */
const LONGEST = 24;

/** A prompt of the fixed set; `subject` tells whether an edit is about it. */
type ProbePrompt = AnswerQuestion & { subject: string };

type Baseline = {
  texts: readonly string[];
  perplexity: { perplexity: number; tokens: number };
  prompts: readonly ProbePrompt[];
  /** False where the prompts are beginnings of texts, whose goings-on are no facts. */
  areFacts: boolean;
  answers: readonly NextDistribution[];
  /** p of neighbours' answers by prompt and answer. */
  neighbours: Map<string, number>;
};

const baselines = new WeakMap<LoadedState["model"], Baseline>();

/** @throws AppError not-finite, cancelled */
export async function measureDamage(session: Session, context: CallContext<never>): Promise<DamageReport> {
  const started = performance.now();
  const { signal } = context;
  const state = loadedModel(session);
  const tell = (done: number): void => context.onProgress({ note: "Measuring damage", done, total: 4 });
  tell(0);
  const baseline = baselines.get(state.model) ?? (await measureBaseline(session, state, signal));
  baselines.set(state.model, baseline);
  const enabled = state.stack.edits.filter((edit) => edit.enabled);
  const requests = enabled.flatMap((edit) => edit.requests);
  tell(1);
  const neighbours = await measureNeighbours(state, baseline, requests, signal);
  tell(2);
  const probes = await measureProbes(state, baseline, requests, signal);
  tell(3);
  const perplexity = await measurePerplexity(state, baseline, signal);
  const norm = await measureNorm(state);
  const measures = [neighbours, ...probes, perplexity, norm].filter((measure) => measure !== undefined);
  const { weightHash } = state.stack.state;
  return {
    level: worstLevel(measures),
    measures,
    edits: enabled.length,
    weightHash,
    milliseconds: performance.now() - started,
  };
}

async function measureBaseline(session: Session, state: LoadedState, signal: AbortSignal): Promise<Baseline> {
  const { model, files } = state;
  const lines = await defaultTexts(state, session, signal);
  const texts = heldTexts(lines, TEXTS);
  const facts = await factPrompts(files, signal);
  const areFacts = facts.length > 0;
  const prompts = areFacts ? facts : texts.map(beginningOf);
  return model.weights.onBase(async () => ({
    texts,
    perplexity: await textPerplexity(model, texts, { signal, longest: LONGEST }),
    prompts,
    areFacts,
    answers: await nextDistributions(model, prompts, signal),
    neighbours: new Map(),
  }));
}

/** Facts at even distances through the model's own list. */
async function factPrompts(files: LoadedState["files"], signal: AbortSignal): Promise<ProbePrompt[]> {
  const asked = (await knownFacts(files, "own", signal)).flatMap((fact) => {
    const template = templateOf(fact);
    if ("fault" in template || fact.target === undefined) return [];
    const { subject, target } = fact;
    return [{ subject, prompt: template.prompt.replace("{}", () => subject), answer: target }];
  });
  const count = Math.min(FACTS, asked.length);
  return Array.from({ length: count }, (_, at) => asked[Math.floor(((at + 0.5) * asked.length) / count)]!);
}

/** The first half of a line's words, and the word that goes on. */
function beginningOf(text: string): ProbePrompt {
  const words = text.split(/\s+/).slice(0, LONGEST / 2);
  const half = Math.max(1, Math.floor(words.length / 2));
  return { subject: "", prompt: words.slice(0, half).join(" "), answer: words[half] ?? "." };
}

async function measureNeighbours(
  { model }: LoadedState,
  { neighbours: known }: Baseline,
  requests: readonly EditRequest[],
  signal: AbortSignal,
): Promise<DamageMeasure | undefined> {
  const all = neighbourQuestions(requests);
  if (all.length === 0) return undefined;
  const count = Math.min(NEIGHBOURS, all.length);
  const asked = Array.from({ length: count }, (_, at) => all[Math.floor(((at + 0.5) * all.length) / count)]!);
  const unknown = asked.filter((question) => !known.has(nameOf(question)));
  if (unknown.length > 0) {
    const scores = await model.weights.onBase(() => scoreAnswers(model, unknown, { signal }));
    unknown.forEach((question, at) => known.set(nameOf(question), scores[at]!.p));
  }
  const base = mean(asked.map((question) => known.get(nameOf(question))!));
  const now = mean((await scoreAnswers(model, asked, { signal })).map(({ p }) => p));
  return damageMeasure("neighbours", base === 0 ? 1 : now / base, count, { base, now });
}

/** Neighbours whose own answer is known and whose subject no edit has rewritten. */
function neighbourQuestions(requests: readonly EditRequest[]): AnswerQuestion[] {
  const edited = new Set(requests.map(({ subject }) => subject));
  const found = requests.flatMap(({ neighbours, targetTrue }) =>
    neighbours.flatMap(({ prompt, subject, target = targetTrue }) => {
      if (target === undefined || (subject !== undefined && edited.has(subject))) return [];
      return [
        { prompt: subject === undefined ? prompt : prompt.replace("{}", () => subject), answer: target },
      ];
    }),
  );
  return [...new Map(found.map((question) => [nameOf(question), question])).values()];
}

const nameOf = ({ prompt, answer }: AnswerQuestion): string => `${prompt}\n${answer}`;

/** Answers kept and distributions drifted, at the fixed prompts that no edit is about. */
async function measureProbes(
  { model }: LoadedState,
  { prompts, areFacts, answers }: Baseline,
  requests: readonly EditRequest[],
  signal: AbortSignal,
): Promise<DamageMeasure[]> {
  const edited = new Set(requests.map(({ subject }) => subject));
  const places = [...prompts.keys()].filter((at) => !edited.has(prompts[at]!.subject));
  if (places.length === 0) return [];
  const now = await nextDistributions(
    model,
    places.map((at) => prompts[at]!),
    signal,
  );
  const drift = mean(now.map(({ logprobs }, row) => divergence(answers[places[row]!]!.logprobs, logprobs)));
  const measures = [damageMeasure("drift", drift, places.length)];
  if (!areFacts) return measures;
  const sides = { base: mean(places.map((at) => answers[at]!.p)), now: mean(now.map(({ p }) => p)) };
  const kept = sides.base === 0 ? 1 : sides.now / sides.base;
  return [damageMeasure("facts", kept, places.length, sides), ...measures];
}

async function measurePerplexity(
  { model }: LoadedState,
  { texts, perplexity: base }: Baseline,
  signal: AbortSignal,
): Promise<DamageMeasure> {
  const { perplexity: now, tokens } = await textPerplexity(model, texts, { signal, longest: LONGEST });
  return damageMeasure("perplexity", now / base.perplexity, tokens, { base: base.perplexity, now });
}

async function measureNorm(state: LoadedState): Promise<DamageMeasure | undefined> {
  const norms = await weightNorms(state);
  if (norms.length === 0) return undefined;
  return damageMeasure("norm", Math.max(...norms.map(({ relativeChange }) => relativeChange)), norms.length);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
