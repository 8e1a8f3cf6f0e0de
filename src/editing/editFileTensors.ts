/** The tensors of an edit file, each read once and checked against what the document says of it; and the refusals. */
import { AppError } from "../lib/errors";
import { maskLength } from "../lib/packedEntries";
import type { SafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import type { ModelWeights } from "../model/weights";
import { sizeOfWeight } from "./editedWeight";

export class TensorReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #header: SafetensorsHeader;
  readonly fileName: string;
  readonly #unread: Set<string>;

  constructor(bytes: Uint8Array<ArrayBuffer>, header: SafetensorsHeader, fileName: string) {
    this.#bytes = bytes;
    this.#header = header;
    this.fileName = fileName;
    this.#unread = new Set(header.tensors.keys());
  }

  read(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
    const entry = this.#header.tensors.get(name);
    if (!entry) throw damaged(this.fileName, name, "is missing");
    if (entry.dtype !== "F32" || entry.shape.join() !== shape.join()) {
      throw damaged(this.fileName, name, `must be F32 [${shape.join(", ")}]`);
    }
    this.#unread.delete(name);
    const values = new Float32Array(this.#bytes.slice(entry.begin, entry.end).buffer);
    if (values.every(Number.isFinite)) return values;
    throw new AppError(
      "not-finite",
      `${this.fileName}: the tensor ${name} holds numbers that are not finite.`,
    );
  }

  /** One bit an entry, as lib/packedEntries keeps them. */
  readMask(name: string, length: number): Int32Array<ArrayBuffer> {
    const entry = this.#header.tensors.get(name);
    if (!entry) throw damaged(this.fileName, name, "is missing");
    const words = maskLength(length);
    if (entry.dtype !== "I32" || entry.shape.join() !== String(words))
      throw damaged(this.fileName, name, `must be I32 [${words}]`);
    this.#unread.delete(name);
    return new Int32Array(this.#bytes.slice(entry.begin, entry.end).buffer);
  }

  assertAllRead(): void {
    const [name] = this.#unread;
    if (name !== undefined) throw damaged(this.fileName, "tensors", "include some that belong to no edit");
  }
}

/** Throws AppError `wrong-model` unless the model has the weight, in this size. */
export function checkShape(
  { weight, in: inWidth, out }: { weight: string; in: number; out: number },
  { weights, fileName }: { weights: ModelWeights; fileName: string },
): void {
  const shape = sizeOfWeight(weights, weight);
  if (!shape) throw wrongModel(`${fileName} edits “${weight}”, which this model does not have.`, "", false);
  if (shape.inFeatures === inWidth && shape.outFeatures === out) return;
  const sizes = `${out} × ${inWidth}, here it is ${shape.outFeatures} × ${shape.inFeatures}`;
  throw wrongModel(`${fileName} was made on another model: there “${weight}” is ${sizes}.`, "", false);
}

export function wrongModel(message: string, remedy: string, canAccept: boolean): AppError {
  return new AppError("wrong-model", message, remedy, { canAccept });
}

export function damaged(fileName: string, field: string, what: string): AppError {
  return new AppError(
    "bad-edit-file",
    `${fileName}: ${field} ${what}.`,
    "Save the file again from the lab.",
    { field },
  );
}
