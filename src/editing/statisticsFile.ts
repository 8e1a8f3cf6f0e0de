/**
 * Statistics files: safetensors with `C.<layer>` [f, f] F32, or with `L.<layer>` [f (f + 1) / 2] F16 and
 * `L.<layer>.scale` [f] F32 (packedMoment.ts), a quarter of the size. The lab's own carry count, text hash, model hash
 * and the convergence line in the metadata; files without it (the published fixtures' kind) are taken as they are.
 */
import { z } from "zod";
import { AppError, invariant } from "../lib/errors";
import { encodeHalf, halfTable } from "../lib/halfFloat";
import type { SpdFactor } from "../linalg/solveSpd";
import { memorySource } from "../loading/byteSource/memorySource";
import { encodeSafetensors } from "../loading/safetensors/encodeSafetensors";
import { readSafetensorsHeader, type SafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import { writeSafetensors } from "../loading/safetensors/writeSafetensors";
import type { Model } from "../model/model";
import { FactoredMoment, packTriangle, triangleSize, unpackTriangle } from "./packedMoment";
import type { SecondMoment } from "./secondMoment";
import { factorStatistics, type Statistics } from "./statistics";

const FORMAT = "palimpsest-statistics";
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const layerNotes = z.strictObject({
  layer: z.number().int().min(0),
  tokens: z.number().int().min(1),
  convergence: z.array(z.strictObject({ tokens: z.number().int(), change: z.number() })).max(100),
  /** Of a packed layer: what was known when C was factored. */
  packed: z.strictObject({ ridge: z.number().min(0), condition: z.number().min(1) }).optional(),
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

/** One layer in half precision. Throws what factoring throws (statistics.ts). */
export async function writePackedStatistics(
  statistics: Statistics,
  layer: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const moment = statistics.layers.get(layer);
  invariant(moment, `the statistics have layer ${layer}`);
  const { width, tokens, convergence } = moment;
  const factor = await factorStatistics(statistics, layer, width, signal);
  const { values, scales } = packTriangle(factor);
  const packed = { ridge: factor.ridge, condition: factor.condition };
  const notes: Notes = {
    formatVersion: 1,
    modelHash: statistics.modelHash,
    textHash: statistics.textHash,
    layers: [{ layer, tokens, convergence: [...convergence], packed }],
  };
  const tensors = new Map([
    [`L.${layer}`, { dtype: "F16", shape: [values.length], bytes: encodeHalf(values) }],
    [`L.${layer}.scale`, { dtype: "F32", shape: [width], bytes: new Uint8Array(scales.buffer) }],
  ]);
  return encodeSafetensors(tensors, { format: FORMAT, palimpsest: JSON.stringify(notes) });
}

/**
 * Throws AppError `bad-statistics` (naming what is wrong), `wrong-model` when the file tells that it was made on
 * another model, `not-finite`, or a FileFault of the container.
 */
export async function readStatistics(
  bytes: Uint8Array<ArrayBuffer>,
  fileName: string,
  model: Pick<Model, "hash" | "baseHash" | "config">,
): Promise<Statistics> {
  const header = await readSafetensorsHeader(memorySource(fileName, bytes));
  const notes = readNotes(header, fileName);
  // Of the checkpoint itself, or of its weights as they are kept here.
  if (notes && notes.modelHash !== model.hash && notes.modelHash !== model.baseHash) {
    const sentence = `${fileName} holds statistics of another model.`;
    throw new AppError("wrong-model", sentence, "Collect statistics of this model.", {
      modelHash: notes.modelHash,
    });
  }
  const width = model.config.mlpWidth;
  const file: OpenFile = { bytes, header, fileName };
  const layers = new Map<number, SecondMoment>();
  for (const name of header.tensors.keys()) {
    const { layer, part } = readName(name, fileName, model);
    if (part === "scale") continue;
    if (layers.has(layer)) throw bad(fileName, `has layer ${layer} twice`);
    const told = notes?.layers.find((one) => one.layer === layer);
    const { tokens = 0, convergence = [] } = told ?? {};
    if (part === "C")
      layers.set(layer, { width, values: readMoment(file, name, width), tokens, convergence });
    else layers.set(layer, new FactoredMoment(readFactor(file, name, width, told), tokens, convergence));
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

type OpenFile = { bytes: Uint8Array<ArrayBuffer>; header: SafetensorsHeader; fileName: string };

/** `C.3`, `L.3` or `L.3.scale` of a layer that the model has. */
function readName(
  name: string,
  fileName: string,
  { config }: Pick<Model, "config">,
): { layer: number; part: "C" | "L" | "scale" } {
  const [, letter, digits = "", scale] = /^([CL])\.(\d{1,6})(\.scale)?$/.exec(name) ?? [];
  const layer = Number(digits);
  const isKnown = letter !== undefined && !(letter === "C" && scale !== undefined);
  if (isKnown && layer < config.layers) return { layer, part: scale ? "scale" : (letter as "C" | "L") };
  throw bad(
    fileName,
    `has a tensor “${name.slice(0, 80)}” that is no C.<layer> of this model's ${config.layers} layers`,
  );
}

/** Bytes of a tensor of exactly this type and shape, aligned for its numbers. */
function bytesOf(
  { bytes, header, fileName }: OpenFile,
  name: string,
  dtype: string,
  shape: readonly number[],
): ArrayBuffer {
  const entry = header.tensors.get(name);
  if (!entry) throw bad(fileName, `has no ${name}`);
  if (entry.dtype !== dtype || entry.shape.join() !== shape.join()) {
    throw bad(
      fileName,
      `has ${name} as ${entry.dtype} [${entry.shape.join(", ")}]; this model needs ${dtype} [${shape.join(", ")}]`,
    );
  }
  return bytes.slice(entry.begin, entry.end).buffer;
}

function assertFinite(values: Float32Array, name: string, fileName: string): void {
  if (values.every(Number.isFinite)) return;
  throw new AppError(
    "not-finite",
    `${fileName}: ${name} holds numbers that are not finite.`,
    "Collect it again.",
  );
}

/** C as stored, made exactly symmetric. */
function readMoment(file: OpenFile, name: string, width: number): Float64Array {
  const stored = new Float32Array(bytesOf(file, name, "F32", [width, width]));
  assertFinite(stored, name, file.fileName);
  // Plain loops: `from` with a function takes ten times as long, and there are millions of numbers.
  const values = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      const mean = (stored[i * width + j]! + stored[j * width + i]!) / 2;
      values[i * width + j] = mean;
      values[j * width + i] = mean;
    }
  }
  return values;
}

/** L as stored; its ridge and condition come from the notes, which a packed layer must have. */
function readFactor(
  file: OpenFile,
  name: string,
  width: number,
  told: Notes["layers"][number] | undefined,
): SpdFactor {
  const { fileName } = file;
  if (!told?.packed) throw bad(fileName, `does not tell how ${name} was made`);
  const half = halfTable();
  const bits = new Uint16Array(bytesOf(file, name, "F16", [triangleSize(width)]));
  const values = new Float32Array(bits.length);
  for (let at = 0; at < bits.length; at++) values[at] = half[bits[at]!]!;
  const scales = new Float32Array(bytesOf(file, `${name}.scale`, "F32", [width]));
  assertFinite(values, name, fileName);
  if (!scales.every((scale) => scale > 0 && Number.isFinite(scale))) {
    throw bad(fileName, `has a row of ${name} without a scale`);
  }
  const lower = unpackTriangle({ values, scales });
  if (!lower) throw bad(fileName, `has ${name} with a pivot that is not positive`);
  return { n: width, lower, ...told.packed };
}

const bad = (fileName: string, what: string): AppError =>
  new AppError("bad-statistics", `${fileName} ${what}.`, "Collect statistics with this model.");
