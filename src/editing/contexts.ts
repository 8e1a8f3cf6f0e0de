/**
 * Context templates: short beginnings sampled from the model, before which a fact should hold as well (algorithms.md
 * 0.5). The first template is always the bare `{}`.
 */
import { throwIfCancelled } from "../lib/cancel";
import { AppError } from "../lib/errors";
import { continueTokens } from "../model/continueTokens";
import type { Model } from "../model/model";
import { createSampler } from "../model/sampling";
import { withoutEndTokens } from "./factToken";

/** Lengths in tokens, sampling prompt included, and how many templates of each. */
const LENGTHS = {
  rome: [
    { length: 5, templates: 10 },
    { length: 10, templates: 10 },
  ],
  memit: [{ length: 10, templates: 5 }],
} as const;

/** ROME's 21 templates, or MEMIT's 6. */
export type ContextKind = keyof typeof LENGTHS;

/** How many templates there are of a kind, the bare prompt among them, and the most tokens that stand before the prompt. */
export function contextSize(kind: ContextKind | "none"): { templates: number; tokens: number } {
  const sampled = kind === "none" ? [] : LENGTHS[kind];
  return {
    templates: sampled.reduce((sum, { templates }) => sum + templates, 1),
    tokens: Math.max(0, ...sampled.map(({ length }) => length)),
  };
}

/** What samples begin with, in AlphaEdit's and EasyEdit's versions; each begins an equal share. */
const BEGINNINGS = ["The", "Therefore", "Because", "I", "You"] as const;
const TOP_K = 5;

type Sample = { prompt: Int32Array; length: number };

/**
 * The bare prompt and sampled templates from the weights in use (published: from the unedited model). Same seed, same
 * templates. Throws `cancelled`.
 */
export async function sampleContexts(
  model: Model,
  seed: number,
  signal?: AbortSignal,
  kind: ContextKind = "rome",
): Promise<string[]> {
  const samples: Sample[] = LENGTHS[kind].flatMap(({ length, templates }) =>
    BEGINNINGS.flatMap((beginning) => {
      const prompt = withoutEndTokens(model.tokenizer, beginning).ids;
      return Array.from({ length: templates / BEGINNINGS.length }, () => ({ prompt, length }));
    }),
  );
  const texts: string[] = new Array<string>(samples.length);
  for (const positions of new Set(samples.map(({ prompt }) => prompt.length))) {
    const members = [...samples.keys()].filter((index) => samples[index]!.prompt.length === positions);
    const ids = await continueAll(
      model,
      members.map((index) => samples[index]!),
      seed + positions,
      signal,
    );
    members.forEach(
      (index, row) => (texts[index] = toTemplate(model.tokenizer.decode(ids[row]!, { skipSpecials: true }))),
    );
  }
  return ["{}", ...texts];
}

/** Continues samples whose prompts are equally long side by side; each is cut at its own length. */
async function continueAll(
  model: Model,
  samples: readonly Sample[],
  seed: number,
  signal?: AbortSignal,
): Promise<number[][]> {
  const rows = samples.map(({ prompt }) => [...prompt]);
  const positions = rows[0]!.length;
  const batch = { batch: rows.length, positions, ids: Int32Array.from(rows.flat()) };
  const longest = Math.max(...samples.map(({ length }) => length));
  const sampler = createSampler({ temperature: 1, topK: TOP_K, seed });
  if (longest > positions) {
    for await (const step of continueTokens(model, batch, { sampler, signal })) {
      throwIfCancelled(signal);
      step.ids.forEach((id, row) => rows[row]!.push(id));
      if (rows[0]!.length >= longest) break;
    }
  }
  return rows.map((row, index) => row.slice(0, Math.max(positions, samples[index]!.length)));
}

/** Braces would be taken for placeholders, blank lines for the end of a text. */
function toTemplate(sample: string): string {
  const clean = sample
    .normalize("NFKD")
    .replaceAll("\n\n", " ")
    .replaceAll("<|endoftext|>", "")
    .replace(/[{}]/g, "");
  return `${clean}. {}`;
}

/** Throws AppError `bad-request` unless every template has `{}` once and the first is the bare `{}`. */
export function checkContexts(templates: readonly string[]): void {
  const wrong = templates.find((template) => template.split("{}").length !== 2);
  if (wrong === undefined && templates[0] === "{}") return;
  const sentence =
    wrong === undefined
      ? "The first context template must be {}, the bare prompt."
      : `The context template “${wrong}” must contain {} exactly once.`;
  throw new AppError("bad-request", sentence, 'Give a list like ["{}", "A sentence before. {}"].', {
    field: "contexts",
  });
}
