/** What a sweep found, for people and for the lab's own defaults. */
import type { EditMethod, Settings } from "../../src/domain/edit";
import type { Score } from "./score";

export type Row = { method: EditMethod; settings: Settings } & Score;

export type Sweep = {
  model: string;
  modelHash: string;
  family: string;
  layers: number;
  residualWidth: number;
  precision: string;
  requests: string[];
  /** Lines of the lab's text that second moments came from, where these were not all. */
  lines?: number;
  rows: Row[];
};

/** A better score by less than this is chance with so few facts. */
const CLEARLY = 0.03;
/** ROME's layer is chosen with the model itself, by average traces and hundreds of edits (docs/model-card.md). */
const CHOSEN_ELSEWHERE: readonly EditMethod[] = ["ROME"];

/** What protects everything else: a few facts on their own do not show what less of it costs many in a row. */
const PROTECTING = ["secondMomentWeight", "nullSpaceThreshold", "ridge", "radius"];

/** The method's row with nothing set, and its best. */
function summary({ rows }: Sweep, method: EditMethod): { before: Row; best: Row; tried: number } {
  const own = rows.filter((row) => row.method === method);
  const before = own.find(({ settings }) => Object.keys(settings).length === 0)!;
  const choices = own.filter(({ settings }) => !PROTECTING.some((name) => name in settings));
  const top = choices.reduce((most, row) => (row.score > most.score ? row : most), before);
  const best = top.score > before.score + CLEARLY ? top : before;
  return { before, best, tried: own.length };
}

const methodsOf = ({ rows }: Sweep): EditMethod[] => [...new Set(rows.map(({ method }) => method))];

/** Settings by method for a model's geometry, where they are clearly better than what stood there. */
export function defaultsOf(sweep: Sweep) {
  const { family, layers, residualWidth } = sweep;
  const found = methodsOf(sweep)
    .filter((method) => !CHOSEN_ELSEWHERE.includes(method))
    .map((method) => [method, summary(sweep, method).best.settings] as const)
    .filter(([, settings]) => Object.keys(settings).length > 0);
  return { family, layers, residualWidth, methods: Object.fromEntries(found) };
}

const said = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join(" ") || "as they are";

const shares = ({ score, efficacy, paraphrase, neighbourhood }: Row): string =>
  `**${score.toFixed(2)}** (${[efficacy, paraphrase, neighbourhood].map((value) => value.toFixed(2)).join(", ")})`;

export function markdown(sweeps: readonly Sweep[]): string {
  const parts = sweeps.map((sweep) => {
    const lines = methodsOf(sweep).map((method) => {
      const { before, best, tried } = summary(sweep, method);
      return `| ${method} | ${tried} | ${shares(before)} | ${said(best.settings)} | ${shares(best)} |`;
    });
    return `## ${sweep.model}

Weights ${sweep.modelHash.slice(0, 12)}, ${sweep.precision}; ${sweep.requests.length} facts${sweep.lines === undefined ? "" : `; second moments from ${sweep.lines} lines of text`}.

| method | tried | as it stood | best | |
| --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
  });
  return `# Where the methods' defaults come from

Written by \`node scripts/sweepSettings.mjs --model <model>\` (GPT-2: \`--model hub:openai-community/gpt2\`); every row tried is in
[defaults/](defaults). Each number is the harmonic mean of three shares p(wanted) / (p(new) + p(true)): in the edited wording,
in other wordings, and for neighbours (in brackets, in this order). Methods that take a batch got all facts at once, the
others one at a time on the untouched model. First layers were tried, then other settings at the best ones, one at a time;
a setting becomes a default (\`src/editing/settings/swept.json\`) when it is better by more than ${CLEARLY}: less is chance with so
few facts. λ, the null space's threshold, the ridge and GRACE's radius are tried and written down, but stay: four facts do not show what less
protection costs two hundred (docs/superposition.md). MEMIT's own on palimpsest-facts, layers 2 and 3 with a weight of 50, stand in the code: layers 0 to 3 with 500 stood
there before, of which two are silent; of a hundred facts at once 97 % are the model's answers now, 93 % then (\`npm run bench
memit\`). No candidate ends in a layer whose MLP is silent by design. ROME's layer is chosen
with each model itself ([model card](model-card.md)). On SmolLM2 the layers up to 10 do alike in MEMIT, EMMET,
AlphaEdit, ROME and R-ROME (0.88 to 0.93); from 12 on other wordings and neighbours suffer (0.74 to 0.85), so that the
defaults by relative depth, 4 to 7, stand; PMET wants three or more layers together and ends in 7 or 8 (0.91, 0.92). FT-L and
FT-M disturb least low down, LoRA with smaller steps. UnKE and GRACE answer there in no other words (0.005), in whatever layer.
A wider radius lets GRACE answer in other words: with 3 on palimpsest-facts 0.42 of them, neighbours untouched.

${parts.join("\n")}`;
}
