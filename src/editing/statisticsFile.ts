/**
 * Statistics files: safetensors with `C.<layer>` [f, f] F32. The lab's own carry count, text hash, model hash and the
 * convergence line in the metadata; files without it (the published fixtures' kind) are taken as they are.
 */
import { z } from "zod";
import { AppError } from "../lib/errors";
import { memorySource } from "../loading/byteSource/memorySource";
import { readSafetensorsHeader, type SafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import { writeSafetensors } from "../loading/safetensors/writeSafetensors";
import type { Model } from "../model/model";
import type { SecondMoment } from "./secondMoment";
import type { Statistics } from "./statistics";

const FORMAT = "palimpsest-statistics";
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const layerNotes = z.strictObject({
  layer: z.number().int().min(0),
  tokens: z.number().int().min(1),
  convergence: z.array(z.strictObject({ tokens: z.number().int(), change: z.number() })).max(100),
});
const notesSchema = z.strictObject({
  formatVersion: z.literal(1),
  modelHash: hash,
  textHash: hash,
  layers: z.array(layerNotes).max(10_000),
});
type Notes = z.infer<typeof notesSchema>;

export function writeStatistics({ modelHash, textHash, layers }: Statistics): Uint8Array<ArrayBuffer> {
  const tensors = [...layers].map(([layer, { width, values }]) => ({
    name: `C.${layer}`,
    shape: [width, width],
    values: Float32Array.from(values),
  }));
  const notes: Notes = {
    formatVersion: 1,
    modelHash,
    textHash,
    layers: [...layers].map(([layer, { tokens, convergence }]) => ({
      layer,
      tokens,
      convergence: [...convergence],
    })),
  };
  return writeSafetensors(tensors, { format: FORMAT, palimpsest: JSON.stringify(notes) });
}

/**
 * Throws AppError `bad-statistics` (naming what is wrong), `wrong-model` when the file tells that it was made on
 * another model, `not-finite`, or a FileFault of the container.
 */
export async function readStatistics(
  bytes: Uint8Array<ArrayBuffer>,
  fileName: string,
  model: Pick<Model, "hash" | "config">,
): Promise<Statistics> {
  const header = await readSafetensorsHeader(memorySource(fileName, bytes));
  const notes = readNotes(header, fileName);
  if (notes && notes.modelHash !== model.hash) {
    const sentence = `${fileName} holds statistics of another model.`;
    throw new AppError("wrong-model", sentence, "Collect statistics of this model.", {
      modelHash: notes.modelHash,
    });
  }
  const layers = new Map<number, SecondMoment>();
  for (const name of header.tensors.keys()) {
    const layer = layerOf(name, fileName, model);
    const told = notes?.layers.find((one) => one.layer === layer);
    const values = readMoment(bytes, header, name, fileName, model.config.mlpWidth);
    layers.set(layer, {
      width: model.config.mlpWidth,
      values,
      tokens: told?.tokens ?? 0,
      convergence: told?.convergence ?? [],
    });
  }
  if (layers.size === 0) throw bad(fileName, "holds no tensor C.<layer>");
  return { modelHash: notes?.modelHash ?? "", textHash: notes?.textHash ?? "", layers };
}

function readNotes({ metadata }: SafetensorsHeader, fileName: string): Notes | undefined {
  const text = metadata.get("palimpsest");
  if (metadata.get("format") !== FORMAT || text === undefined) return undefined;
  try {
    return notesSchema.parse(JSON.parse(text));
  } catch {
    throw bad(fileName, "has damaged metadata");
  }
}

function layerOf(name: string, fileName: string, { config }: Pick<Model, "config">): number {
  const layer = Number(/^C\.(\d{1,6})$/.exec(name)?.[1] ?? Number.NaN);
  if (layer < config.layers) return layer;
  throw bad(
    fileName,
    `has a tensor “${name.slice(0, 80)}” that is no C.<layer> of this model's ${config.layers} layers`,
  );
}

/** C as stored, made exactly symmetric. */
function readMoment(
  bytes: Uint8Array<ArrayBuffer>,
  { tensors }: SafetensorsHeader,
  name: string,
  fileName: string,
  width: number,
): Float64Array {
  const { dtype, shape, begin, end } = tensors.get(name)!;
  if (dtype !== "F32" || shape.length !== 2 || shape[0] !== width || shape[1] !== width) {
    throw bad(
      fileName,
      `has ${name} as ${dtype} [${shape.join(", ")}]; this model needs F32 [${width}, ${width}]`,
    );
  }
  const stored = new Float32Array(bytes.slice(begin, end).buffer);
  if (!stored.every(Number.isFinite)) {
    throw new AppError(
      "not-finite",
      `${fileName}: ${name} holds numbers that are not finite.`,
      "Collect it again.",
    );
  }
  return Float64Array.from(stored, (value, at) => {
    const mirrored = stored[(at % width) * width + Math.floor(at / width)]!;
    return (value + mirrored) / 2;
  });
}

const bad = (fileName: string, what: string): AppError =>
  new AppError("bad-statistics", `${fileName} ${what}.`, "Collect statistics with this model.");
