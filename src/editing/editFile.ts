/**
 * The edit file (`*.palimpsest`): one safetensors file whose tensors are the edits' factors or differences and whose
 * metadata is one JSON document. Reading takes it for hostile until everything has been checked (editFileSchema.ts)
 * and decides whether it belongs to the model at hand.
 */
import type { Codebook, WeightUpdate } from "../domain/edit";
import { AppError } from "../lib/errors";
import { memorySource } from "../loading/byteSource/memorySource";
import { parseJson } from "../loading/json/parseJson";
import { readSafetensorsHeader, type SafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import { writeSafetensors, type TensorToWrite } from "../loading/safetensors/writeSafetensors";
import type { Model } from "../model/model";
import type { ModelWeights } from "../model/weights";
import {
  FORMAT_VERSION,
  parseEditDocument,
  type EditDocument,
  type EditFileModel,
  type StoredUpdate,
} from "./editFileSchema";
import { sizeOfWeight } from "./editedWeight";
import type { StackedEdit } from "./stack";
import { digestUpdates } from "./weightUpdates";

/** Keys of the safetensors metadata. */
const FORMAT_KEY = "format";
const FORMAT = "palimpsest-edits";
const DOCUMENT_KEY = "palimpsest";

/** The stack as one file; equal stacks give equal bytes. This is also what autosave writes. */
export function writeEditFile(edits: readonly StackedEdit[], model: EditFileModel): Uint8Array<ArrayBuffer> {
  const tensors: TensorToWrite[] = [];
  const document: EditDocument = {
    formatVersion: FORMAT_VERSION,
    model,
    edits: edits.map(({ updates, keptKeys = [], codebook, ...edit }, e) => ({
      ...edit,
      ...(codebook && { codebook: describeCodebook(codebook, `edits.${e}.codebook`, tensors) }),
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

function describeCodebook(
  { keys, values, radii, ...rest }: Codebook,
  name: string,
  tensors: TensorToWrite[],
) {
  tensors.push(
    { name: `${name}.keys`, shape: [rest.count, rest.in], values: keys },
    { name: `${name}.values`, shape: [rest.count, rest.out], values },
    { name: `${name}.radii`, shape: [rest.count], values: radii },
  );
  return rest;
}

function readCodebook(
  stored: Omit<Codebook, "keys" | "values" | "radii">,
  name: string,
  reader: TensorReader,
): Codebook {
  return {
    ...stored,
    keys: reader.read(`${name}.keys`, [stored.count, stored.in]),
    values: reader.read(`${name}.values`, [stored.count, stored.out]),
    radii: reader.read(`${name}.radii`, [stored.count]),
  };
}

/** It stands beside a matrix of the model, has a label for each entry, and its answers are tokens. */
function checkCodebook(
  stored: Omit<Codebook, "keys" | "values" | "radii">,
  name: string,
  options: OpenOptions,
): void {
  const { fileName, weights, model } = options;
  checkShape({ kind: "dense", ...stored }, options);
  if (!weights.matrixNames.some((matrix) => matrix === stored.weight))
    throw damaged(fileName, `${name}.weight`, "is no matrix");
  if (stored.labels.length !== stored.count)
    throw damaged(fileName, `${name}.labels`, "are not one per entry");
  const ids = stored.labels.flatMap(({ answer }) => answer);
  if (ids.some((id) => id >= model.vocabulary)) throw damaged(fileName, `${name}.labels`, "name no tokens");
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
    if (stored.codebook) checkCodebook(stored.codebook, `edits.${e}.codebook`, options);
    const codebook = stored.codebook && readCodebook(stored.codebook, `edits.${e}.codebook`, reader);
    const digest = await digestUpdates(updates, keptKeys, codebook);
    if (digest !== stored.digest)
      throw damaged(fileName, `edits.${e}.digest`, "does not belong to the tensors");
    const { keptKeys: _keys, codebook: _codebook, ...rest } = stored;
    edits.push({
      ...rest,
      updates,
      ...(keptKeys.length > 0 && { keptKeys }),
      ...(codebook && { codebook }),
    });
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

function wrongModel(message: string, remedy: string, canAccept: boolean): AppError {
  return new AppError("wrong-model", message, remedy, { canAccept });
}

/** A reference without its revision, folder and file type: what a person would call the model. */
const modelName = (ref: string): string =>
  ref.replace(/@[^@/]*$/, "").split(/[\\/:]/).at(-1)!.replace(/\.(gguf|safetensors)$/i, "").toLowerCase(); // prettier-ignore

function checkShape(update: StoredUpdate, { weights, fileName }: OpenOptions): void {
  const shape = sizeOfWeight(weights, update.weight);
  if (!shape)
    throw wrongModel(`${fileName} edits “${update.weight}”, which this model does not have.`, "", false);
  if (shape.inFeatures === update.in && shape.outFeatures === update.out) return;
  const sizes = `${update.out} × ${update.in}, here it is ${shape.outFeatures} × ${shape.inFeatures}`;
  throw wrongModel(`${fileName} was made on another model: there “${update.weight}” is ${sizes}.`, "", false);
}

function readUpdate(update: StoredUpdate, name: string, reader: TensorReader): WeightUpdate {
  const { weight, out, in: inWidth } = update;
  if (update.kind === "dense") {
    return { kind: "dense", weight, out, in: inWidth, values: reader.read(`${name}.values`, [out, inWidth]) };
  }
  const u = reader.read(`${name}.u`, [out, update.rank]);
  const v = reader.read(`${name}.v`, [inWidth, update.rank]);
  return { kind: "lowRank", weight, out, in: inWidth, rank: update.rank, u, v };
}

/** Gives each tensor once, checked against what the document says of it. */
class TensorReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #header: SafetensorsHeader;
  readonly #fileName: string;
  readonly #unread: Set<string>;

  constructor(bytes: Uint8Array<ArrayBuffer>, header: SafetensorsHeader, fileName: string) {
    this.#bytes = bytes;
    this.#header = header;
    this.#fileName = fileName;
    this.#unread = new Set(header.tensors.keys());
  }

  read(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
    const entry = this.#header.tensors.get(name);
    if (!entry) throw damaged(this.#fileName, name, "is missing");
    if (entry.dtype !== "F32" || entry.shape.join() !== shape.join()) {
      throw damaged(this.#fileName, name, `must be F32 [${shape.join(", ")}]`);
    }
    this.#unread.delete(name);
    const values = new Float32Array(this.#bytes.slice(entry.begin, entry.end).buffer);
    if (values.every(Number.isFinite)) return values;
    throw new AppError(
      "not-finite",
      `${this.#fileName}: the tensor ${name} holds numbers that are not finite.`,
    );
  }

  assertAllRead(): void {
    const [name] = this.#unread;
    if (name !== undefined) throw damaged(this.#fileName, "tensors", "include some that belong to no edit");
  }
}

function damaged(fileName: string, field: string, what: string): AppError {
  return new AppError(
    "bad-edit-file",
    `${fileName}: ${field} ${what}.`,
    "Save the file again from the lab.",
    { field },
  );
}
