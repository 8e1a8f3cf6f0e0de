/** The stack in another program's form, with a check: every file is read again and compared with the weights in use. */
import type { ExportFormat, ExportResult } from "../../domain/export";
import type { CallContext } from "../../domain/progress";
import { AppError } from "../../lib/errors";
import { throwIfCancelled } from "../../lib/cancel";
import { readSafetensorsHeader } from "../../loading/safetensors/safetensorsHeader";
import { memorySource } from "../../loading/byteSource/memorySource";
import type { Model } from "../../model/model";
import { writeEditFile } from "../editFile";
import type { EditFileModel } from "../editFileSchema";
import { readBaseWeight } from "../editedWeight";
import type { StackedEdit } from "../stack";
import {
  CHANGED_WEIGHTS,
  differenceOfChangedWeights,
  weightInUse,
  writeChangedWeights,
} from "./changedWeights";
import { checkpointPlaces, type CheckpointPlace } from "./checkpointPlace";
import { ADAPTER_WEIGHTS, readPeftAdapter, writePeftAdapter, type BaseModel } from "./peftAdapter";
import { jsonAsStack, STACK_JSON, stackAsJson } from "./stackJson";
import { weightFactors } from "./weightFactors";

export type ExportInput = {
  model: Model;
  edits: readonly StackedEdit[];
  /** Edits that are off, and edits on another base than they were computed on: for the notes. */
  stale: readonly string[];
  file: EditFileModel;
  base: BaseModel;
};

/** Throws AppError `bad-request` when there is nothing to export, or an edit that the format cannot hold; `cancelled`. */
export async function exportEdits(
  format: ExportFormat,
  input: ExportInput,
  { signal, onProgress }: CallContext<never>,
): Promise<ExportResult> {
  const { edits } = input;
  if (edits.length === 0)
    throw new AppError("bad-request", "There are no edits to export.", "Make an edit, or open an edit file.");
  onProgress({ note: "Exporting", done: 0, total: 2 });
  if (format === "json") return exportJson(input);
  const enabled = edits.filter(({ enabled }) => enabled);
  checkExportable(format, enabled);
  const places = checkpointPlaces(input.model.config);
  const written = await (format === "peft"
    ? exportPeft(enabled, places, input, signal)
    : exportWeights(enabled, places, input));
  throwIfCancelled(signal);
  onProgress({ note: "Exporting", done: 2, total: 2 });
  return { ...written, format, ...namesOf(edits), notes: notesOf(input, enabled) };
}

type Written = Pick<ExportResult, "files" | "weights" | "largestDifference">;

const namesOf = (edits: readonly StackedEdit[]) => ({
  edits: edits.filter(({ enabled }) => enabled).map(({ name }) => name),
  leftOut: edits.filter(({ enabled }) => !enabled).map(({ name }) => name),
});

/** What is no change of a weight cannot be said in weights. */
function checkExportable(format: ExportFormat, enabled: readonly StackedEdit[]): void {
  if (enabled.length === 0) {
    const remedy = "Switch an edit on, or export the whole stack with the format json.";
    throw new AppError("bad-request", "No edit is switched on, so no weight is changed.", remedy);
  }
  const outside = enabled.find(({ updates }) => updates.length === 0);
  if (outside === undefined) return;
  throw new AppError(
    "bad-request",
    `“${outside.name}” (${outside.method}) changes no weight: it works beside or around the model, which the format ${format} cannot hold.`,
    "Switch it off and export the others, or export the whole stack with the format json.",
    { edit: outside.id },
  );
}

async function exportPeft(
  enabled: readonly StackedEdit[],
  places: ReadonlyMap<string, CheckpointPlace>,
  { model, base }: ExportInput,
  signal: AbortSignal,
): Promise<Written> {
  const factors = await weightFactors(enabled, signal);
  if (factors.length === 0)
    throw new AppError("bad-request", "The edits that are on change nothing.", "Make another edit.");
  const files = writePeftAdapter(factors, places, base);
  const modules = await readPeftAdapter(files.find(({ name }) => name === ADAPTER_WEIGHTS)!.bytes);
  let largestDifference = 0;
  for (const { weight } of factors) {
    throwIfCancelled(signal);
    const place = places.get(weight)!;
    const { change } = modules.find(({ module }) => module === place.module)!;
    const base = await readBaseWeight(model.weights, weight);
    const inUse = await weightInUse(model.weights, weight);
    for (let o = 0; o < place.out; o++) {
      const row = place.rowOf(o) * place.in;
      for (let i = 0; i < place.in; i++) {
        const own = i * place.out + o;
        const merged = Math.fround(base[own]! + change[row + i]!);
        largestDifference = Math.max(largestDifference, Math.abs(merged - inUse[own]!));
      }
    }
  }
  const outOf = new Map(factors.map(({ weight }) => [places.get(weight)!.module, places.get(weight)!]));
  const weights = modules.map(({ module, rank }) => {
    const { storedOut, in: inWidth } = outOf.get(module)!;
    return { name: module, shape: [storedOut, inWidth], rank };
  });
  return { files, weights, largestDifference };
}

async function exportWeights(
  enabled: readonly StackedEdit[],
  places: ReadonlyMap<string, CheckpointPlace>,
  { model }: ExportInput,
): Promise<Written> {
  const names = [...new Set(enabled.flatMap(({ updates }) => updates.map(({ weight }) => weight)))];
  const file = await writeChangedWeights(names, places, model.weights);
  const largestDifference = await differenceOfChangedWeights(file.bytes, names, places, model.weights);
  const { tensors } = await readSafetensorsHeader(memorySource(CHANGED_WEIGHTS, file.bytes));
  const weights = [...tensors].map(([name, { shape }]) => ({ name, shape: [...shape] }));
  return { files: [file], weights, largestDifference };
}

/** The whole stack, switched off edits too, with all it says of itself. */
async function exportJson({ edits, file }: ExportInput): Promise<ExportResult> {
  const stack = writeEditFile(edits, file);
  const bytes = await stackAsJson(stack);
  const again = jsonAsStack(bytes);
  const { tensors } = await readSafetensorsHeader(memorySource(STACK_JSON, again));
  return {
    format: "json",
    files: [{ name: STACK_JSON, bytes }],
    edits: edits.map(({ name }) => name),
    leftOut: [],
    weights: [...tensors].map(([name, { shape }]) => ({ name, shape: [...shape] })),
    largestDifference: largestDifferenceOfBytes(stack, again),
    notes: [],
  };
}

/** Both files are written by one writer: the same header, then float32 values in the same order. */
function largestDifferenceOfBytes(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Infinity;
  const header = Number(new DataView(a.buffer, a.byteOffset).getBigUint64(0, true));
  const [ours, theirs] = [a, b].map((bytes) => new Float32Array(bytes.slice(8 + header).buffer));
  return ours!.reduce((largest, value, at) => Math.max(largest, Math.abs(value - theirs![at]!)), 0);
}

function notesOf({ stale, model }: ExportInput, enabled: readonly StackedEdit[]): string[] {
  const notes = enabled
    .filter(({ id }) => stale.includes(id))
    .map(
      ({ name }) =>
        `“${name}” was computed on other edits than those below it now; it is exported as it stands.`,
    );
  if (model.baseHash !== model.hash)
    notes.push(
      `The model is kept in ${model.precision} here: over the checkpoint's own numbers answers may differ a little.`,
    );
  return notes;
}
