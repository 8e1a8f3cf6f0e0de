/**
 * The edit file (`*.palimpsest`): one safetensors file whose tensors are the edits' factors or differences and whose
 * metadata is one JSON document. Reading takes it for hostile until everything has been checked (editFileSchema.ts)
 * and decides whether it belongs to the model at hand.
 */
import type { WeightUpdate } from "../domain/edit";
import { AppError } from "../lib/errors";
import { memorySource } from "../loading/byteSource/memorySource";
import { parseJson } from "../loading/json/parseJson";
import { readSafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import { writeSafetensors, type TensorToWrite } from "../loading/safetensors/writeSafetensors";
import type { Model } from "../model/model";
import type { ModelWeights } from "../model/weights";
import { describeBelow, MOST_BELOW, readBelow } from "./baseFile";
import { checkBeside, describeBeside, readBeside } from "./besideFile";
import { checkShape, damaged, TensorReader, wrongModel } from "./editFileTensors";
import {
  FORMAT_VERSION,
  parseEditDocument,
  type EditDocument,
  type EditFileModel,
  type StoredUpdate,
} from "./editFileSchema";
import { nothingRead, nothingWritten } from "./sharedParts";
import type { StackedEdit } from "./stack";
import { digestEdit } from "./weightUpdates";

/** Keys of the safetensors metadata. */
const FORMAT_KEY = "format";
const FORMAT = "palimpsest-edits";
const DOCUMENT_KEY = "palimpsest";

/** The stack as one file; equal stacks give equal bytes. This is also what autosave writes. */
export function writeEditFile(edits: readonly StackedEdit[], model: EditFileModel): Uint8Array<ArrayBuffer> {
  const written = nothingWritten();
  const { tensors } = written;
  const places = new Map<string, number>();
  const placed = ({ base: { modelHash, below }, digest }: StackedEdit, e: number) => {
    const base = { modelHash, below: describeBelow(below, places) };
    if (!places.has(digest)) places.set(digest, e);
    return base;
  };
  const document: EditDocument = {
    formatVersion: FORMAT_VERSION,
    model,
    edits: edits.map(({ updates, keptKeys = [], codebook, sideMemory, memory, ...edit }, e) => ({
      ...edit,
      base: placed(edits[e]!, e),
      ...describeBeside({ codebook, sideMemory, memory }, `edits.${e}`, written),
      ...(keptKeys.length > 0 && {
        keptKeys: keptKeys.map(({ layer, count, width, values }, k) => {
          tensors.push({ name: `edits.${e}.keptKeys.${k}`, shape: [count, width], values });
          return { layer, count, width };
        }),
      }),
      updates: updates.map((update, u) => {
        tensors.push(...tensorsOf(update, `edits.${e}.updates.${u}`));
        return describe(update);
      }),
    })),
  };
  return writeSafetensors(tensors, { [FORMAT_KEY]: FORMAT, [DOCUMENT_KEY]: JSON.stringify(document) });
}

function tensorsOf(update: WeightUpdate, name: string): TensorToWrite[] {
  if (update.kind === "dense") {
    return [{ name: `${name}.values`, shape: [update.out, update.in], values: update.values }];
  }
  return [
    { name: `${name}.u`, shape: [update.out, update.rank], values: update.u },
    { name: `${name}.v`, shape: [update.in, update.rank], values: update.v },
  ];
}

function describe(update: WeightUpdate): StoredUpdate {
  const { kind, weight, out } = update;
  if (kind === "dense") return { kind, weight, out, in: update.in };
  return { kind, weight, out, in: update.in, rank: update.rank };
}

/** How a file names the model it was made on. `ref` is what the user would type to load it again. */
export function editFileModel({ config, hash }: Pick<Model, "config" | "hash">, ref: string): EditFileModel {
  const { family, layers, residualWidth, mlpWidth, vocabularySize } = config;
  return { ref, family, hash, layers, residualWidth, mlpWidth, vocabulary: vocabularySize };
}

/** What reading needs to know of the loaded model. */
export type OpenOptions = {
  fileName: string;
  model: EditFileModel;
  weights: ModelWeights;
  /** Open a file made on another revision of this model, which the user has agreed to. */
  acceptOtherRevision: boolean;
};

/**
 * The edits of a file, checked and ready for the stack.
 * Throws AppError `bad-edit-file` (naming the field), `wrong-model` (details.canAccept tells whether the user may
 * insist), `not-finite`, or a FileFault of the container.
 */
export async function readEditFile(
  bytes: Uint8Array<ArrayBuffer>,
  options: OpenOptions,
): Promise<StackedEdit[]> {
  const { fileName } = options;
  const header = await readSafetensorsHeader(memorySource(fileName, bytes));
  const text = header.metadata.get(DOCUMENT_KEY);
  if (header.metadata.get(FORMAT_KEY) !== FORMAT || text === undefined) {
    throw new AppError(
      "bad-edit-file",
      `${fileName} is a safetensors file, but not an edit file.`,
      "Open a .palimpsest file.",
    );
  }
  const document = parseEditDocument(parseJson(new TextEncoder().encode(text), fileName), fileName);
  checkModel(document.model, options);
  const reader = new TensorReader(bytes, header, fileName);
  const edits: StackedEdit[] = [];
  const parts = nothingRead();
  const digests: string[] = [];
  let named = 0;
  for (const [e, stored] of document.edits.entries()) {
    const updates = stored.updates.map((update, u) => {
      checkShape(update, options);
      return readUpdate(update, `edits.${e}.updates.${u}`, reader);
    });
    const keptKeys = (stored.keptKeys ?? []).map(({ layer, count, width }, k) => {
      const name = `edits.${e}.keptKeys.${k}`;
      // Later edits solve with these keys; of another width or layer they would be of another model.
      if (layer >= options.model.layers || width !== options.model.mlpWidth)
        throw damaged(fileName, name, "are keys of no layer of this model");
      return { layer, count, width, values: reader.read(name, [count, width]) };
    });
    checkBeside(stored, `edits.${e}`, options);
    const beside = readBeside(stored, `edits.${e}`, parts, reader);
    const digest = await digestEdit({ updates, keptKeys, ...beside });
    if (digest !== stored.digest)
      throw damaged(fileName, `edits.${e}.digest`, "does not belong to the tensors");
    const {
      keptKeys: _keys,
      codebook: _codebook,
      sideMemory: _sideMemory,
      memory: _memory,
      ...rest
    } = stored;
    const below = readBelow(stored.base.below, digests, `edits.${e}.base.below`, {
      fileName,
      most: MOST_BELOW - named,
    });
    named += below.length;
    digests.push(digest);
    const base = { ...stored.base, below };
    edits.push({ ...rest, base, updates, ...(keptKeys.length > 0 && { keptKeys }), ...beside });
  }
  reader.assertAllRead();
  return edits;
}

/** Equal hash: the same weights. Same name and sizes: another revision, which needs consent. Else: another model. */
function checkModel(stored: EditFileModel, { model, fileName, acceptOtherRevision }: OpenOptions): void {
  if (stored.hash === model.hash) return;
  const sizes = ["family", "layers", "residualWidth", "mlpWidth", "vocabulary"] as const;
  const differing = sizes.find((size) => stored[size] !== model[size]);
  if (differing !== undefined || modelName(stored.ref) !== modelName(model.ref)) {
    const reason = differing
      ? `its ${differing} is ${stored[differing]}, here it is ${model[differing]}`
      : `it names ${stored.ref}, here is ${model.ref}`;
    throw wrongModel(`${fileName} was made on another model: ${reason}.`, `Load ${stored.ref} first.`, false);
  }
  if (acceptOtherRevision) return;
  const sentence = `${fileName} was made on another revision of ${model.ref}: the weights differ.`;
  throw wrongModel(sentence, "Open it anyway if you know that the edits suit these weights.", true);
}

/** A reference without its revision, folder and file type: what a person would call the model. */
const modelName = (ref: string): string =>
  ref.replace(/@[^@/]*$/, "").split(/[\\/:]/).at(-1)!.replace(/\.(gguf|safetensors)$/i, "").toLowerCase(); // prettier-ignore

function readUpdate(update: StoredUpdate, name: string, reader: TensorReader): WeightUpdate {
  const { weight, out, in: inWidth } = update;
  if (update.kind === "dense") {
    return { kind: "dense", weight, out, in: inWidth, values: reader.read(`${name}.values`, [out, inWidth]) };
  }
  const u = reader.read(`${name}.u`, [out, update.rank]);
  const v = reader.read(`${name}.v`, [inWidth, update.rank]);
  return { kind: "lowRank", weight, out, in: inWidth, rank: update.rank, u, v };
}
