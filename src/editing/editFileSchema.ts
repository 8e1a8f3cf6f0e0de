/**
 * The JSON document inside an edit file, checked field by field: nothing unknown, nothing unbounded, no key that
 * could touch a prototype. What the document means for the model at hand is decided in editFile.ts.
 */
import { z } from "zod";
import { AppError } from "../lib/errors";
import type { StoredBelow } from "./baseFile";
import { METHOD_NAMES } from "./methodNames";
import type { StackedEdit } from "./stack";

export const FORMAT_VERSION = 1;

/** Bounds that no honest file comes near. */
const MAX_TEXT = 100_000;
const MAX_EDITS = 10_000;
const MAX_LIST = 20_000;

const text = z.string().max(MAX_TEXT);
const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex");
const extent = z.number().int().min(1).max(1_000_000);
const finite = z.number();

const model = z.strictObject({
  ref: text,
  family: text,
  hash,
  layers: extent,
  residualWidth: extent,
  mlpWidth: extent,
  vocabulary: extent,
});

const request = z.strictObject({
  prompt: text,
  subject: text,
  targetNew: text,
  targetTrue: text.exactOptional(),
  paraphrases: z.array(text).max(MAX_LIST),
  neighbours: z
    .array(z.strictObject({ prompt: text, subject: text.exactOptional(), target: text.exactOptional() }))
    .max(MAX_LIST),
  cuts: z.array(z.number().int().min(1)).max(MAX_LIST).exactOptional(),
});

const step = z.strictObject({
  step: z.number().int().min(0),
  total: finite,
  nll: finite,
  kl: finite,
  decay: finite,
  deltaNorm: finite,
  targetProbability: finite,
});

const update = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("lowRank"), weight: text, out: extent, in: extent, rank: extent }),
  z.strictObject({ kind: z.literal("dense"), weight: text, out: extent, in: extent }),
]);

const keys = z.strictObject({ layer: z.number().int().min(0).max(1_000_000), count: extent, width: extent });

const codebook = z.strictObject({
  weight: text,
  in: extent,
  out: extent,
  /** Entries that no edit before this one in the file has, and a label for each of them. */
  count: z.number().int().min(0).max(MAX_LIST),
  labels: z
    .array(
      z.strictObject({
        answer: z.array(z.number().int().min(0)).max(MAX_LIST),
        promptLength: z.number().int().min(0),
      }),
    )
    .max(MAX_LIST),
  /** Numbers of all its entries, counted through the file. */
  entries: z.array(z.number().int().min(0)).max(MAX_LIST).exactOptional(),
  place: z.number().int().min(0).exactOptional(),
});

/** `tensor`: the one of an earlier edit that it is, unless it has its own. `kept`: entries that its mask marks, if it has one. */
const shard = z.strictObject({
  closest: z.number().min(0),
  tensor: z.string().max(200).exactOptional(),
  kept: z.number().int().min(0).exactOptional(),
});

const sideMemory = z.strictObject({
  weight: text,
  in: extent,
  out: extent,
  activation: z.enum(["gelu", "gelu_new", "gelu_tanh", "silu"]),
  routing: z.enum(["token", "text"]),
  actRatio: z.number().min(0),
  facts: z.number().int().min(1).max(MAX_LIST),
  maskSeed: z.number().int().min(0).max(0xffffffff),
  open: shard.exactOptional(),
  closed: z.array(shard).max(MAX_EDITS),
});

const memory = z.strictObject({
  use: z.enum(["context", "recite"]),
  encoder: z.string().max(200),
  width: extent,
  reach: z.number().min(-1).max(1),
  scope: z
    .strictObject({ bias: finite, likeness: finite, named: finite, threshold: z.number().min(0).max(1) })
    .exactOptional(),
  facts: z
    .array(
      z.strictObject({ prompt: text, subject: text, answer: text, demonstrations: z.array(text).max(64) }),
    )
    .min(1)
    .max(MAX_LIST),
});

const settingName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,63}$/, "is no name of a setting");

/** Edits of the file by their places, the last one not included (baseFile.ts). */
const place = z.number().int().min(0).max(MAX_EDITS);
const places = z.tuple([place, place]);

const edit = z.strictObject({
  id: text,
  name: text,
  method: z.enum(METHOD_NAMES),
  settings: z.record(
    settingName,
    z.union([z.string().max(200), finite, z.boolean(), z.array(z.number().int()).max(1000)]),
  ),
  requests: z.array(request).max(MAX_LIST),
  losses: z.array(z.array(step).max(MAX_LIST)).max(MAX_LIST),
  base: z.strictObject({ modelHash: hash, below: z.array(z.union([hash, places])).max(MAX_EDITS) }),
  seed: z.number().int(),
  statisticsHash: text,
  contexts: z.array(text).max(MAX_LIST),
  brought: z
    .array(z.enum(["statistics", "hyperNetwork", "preserve", "demonstrations"]))
    .max(4)
    .exactOptional(),
  created: text,
  enabled: z.boolean(),
  digest: hash,
  updates: z.array(update).max(10_000),
  keptKeys: z.array(keys).max(10_000).exactOptional(),
  codebook: codebook.exactOptional(),
  sideMemory: sideMemory.exactOptional(),
  memory: memory.exactOptional(),
});

const document = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  model,
  edits: z.array(edit).max(MAX_EDITS),
});

export type EditFileModel = z.infer<typeof model>;
export type StoredUpdate = z.infer<typeof update>;
/** An edit of the stack with its tensors described rather than held. */
export type StoredEdit = Omit<
  StackedEdit,
  "updates" | "keptKeys" | "codebook" | "sideMemory" | "memory" | "base"
> & {
  updates: readonly StoredUpdate[];
  base: { modelHash: string; below: StoredBelow };
  keptKeys?: readonly z.infer<typeof keys>[];
  codebook?: z.infer<typeof codebook>;
  sideMemory?: z.infer<typeof sideMemory>;
  memory?: z.infer<typeof memory>;
};
export type EditDocument = {
  formatVersion: typeof FORMAT_VERSION;
  model: EditFileModel;
  edits: readonly StoredEdit[];
};

/** Throws AppError `bad-edit-file` naming the first field that is wrong. */
export function parseEditDocument(json: unknown, fileName: string): EditDocument {
  const version = z.looseObject({ formatVersion: z.number() }).safeParse(json);
  if (version.success && version.data.formatVersion > FORMAT_VERSION) {
    const sentence = `${fileName} has format version ${version.data.formatVersion}; this lab reads ${FORMAT_VERSION}.`;
    throw new AppError("bad-edit-file", sentence, "Open it with a newer Palimpsest.");
  }
  if (hasPrototypeKey(json)) {
    throw new AppError(
      "bad-edit-file",
      `${fileName}: a field is named __proto__.`,
      "Do not trust this file.",
    );
  }
  const parsed = document.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") || "the document";
  const sentence = `${fileName}: ${field} is wrong (${issue?.message ?? "unreadable"}).`;
  throw new AppError("bad-edit-file", sentence, "Save the file again from the lab.", { field });
}

/** The schema would pass over such a key in a record; a file that has one was made to do harm. */
function hasPrototypeKey(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  return Object.hasOwn(json, "__proto__") || Object.values(json).some(hasPrototypeKey);
}
