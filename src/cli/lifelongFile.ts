/** What a sequence of edits has measured so far, kept so that it can go on after an interruption. */
import { z } from "zod";
import type { LifelongPoint, LifelongRequest } from "../domain/lifelong";
import { AppError } from "../lib/errors";
import { sha256 } from "../lib/sha256";

/** `identity`: of the model, the method and every request, so that no other sequence goes on from it. */
export type LifelongFile = { identity: string; points: LifelongPoint[] };

const FORMAT = "palimpsest-lifelong";

const means = z.object({ p: z.number(), greedy: z.number(), count: z.number() });
const interference = z.array(
  z.object({
    layer: z.number(),
    predicted: z.number(),
    measured: z.number(),
    // Nothing measured, nothing to compare: JSON has no NaN.
    relativeError: z.number().nullable().transform((value) => value ?? Number.NaN),
  }),
); // prettier-ignore
const point = z.object({
  edits: z.number().int().min(0),
  efficacy: means.nullable(),
  paraphrases: means.nullable(),
  neighbourhood: means.nullable(),
  untouched: means.nullable(),
  retention: z.array(means.extend({ from: z.number(), to: z.number() })),
  perplexity: z.object({ now: z.number(), base: z.number(), tokens: z.number() }).nullable().default(null),
  norms: z.array(z.object({ weight: z.string(), norm: z.number(), relativeChange: z.number() })),
  interference: z.object({ untouched: interference, edited: interference }),
  stackEdits: z.number().int().min(0).default(0),
  weightHash: z.string().default(""),
  warnings: z.array(z.string()).exactOptional(),
  milliseconds: z.number(),
});
const schema = z.object({ format: z.literal(FORMAT), identity: z.string(), points: z.array(point).min(1) });

/** Everything that a point depends on, save the machine it was measured on. */
export function lifelongIdentity(
  { method, requests, settings, seed, batch, every, contexts, statistics, untouched }: LifelongRequest,
  modelHash: string,
): Promise<string> {
  const plain = JSON.stringify({
    method,
    requests,
    settings,
    seed,
    batch,
    every,
    contexts,
    untouched,
    modelHash,
  });
  return statistics ? sha256(plain, statistics) : sha256(plain);
}

export const writeLifelongFile = (file: LifelongFile): string =>
  `${JSON.stringify({ format: FORMAT, ...file }, undefined, 1)}\n`;

/** Throws AppError `bad-json` for another kind of file, `bad-request` for another sequence. */
export function readLifelongFile(text: string, fileName: string, identity: string): LifelongFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new AppError(
      "bad-json",
      `${fileName} is not JSON: ${(error as Error).message}`,
      "Remove it to begin anew.",
    );
  }
  const read = schema.safeParse(parsed);
  if (!read.success) {
    throw new AppError(
      "bad-json",
      `${fileName} holds no points of a sequence of edits.`,
      "Name another file.",
    );
  }
  if (read.data.identity === identity) return { identity, points: read.data.points };
  throw new AppError(
    "bad-request",
    `${fileName} belongs to another sequence: its model, method, settings or requests are not these.`,
    "Give what it was begun with, or name another file.",
  );
}
