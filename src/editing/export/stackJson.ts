/**
 * The stack as one JSON document: what an edit file holds, with its tensors as lists of numbers. Numbers are written so
 * that reading them as float32 gives the same bits; the way back goes through the edit file's own reader and checks.
 */
import { AppError } from "../../lib/errors";
import { sizeText } from "../../lib/bytes";
import { memorySource } from "../../loading/byteSource/memorySource";
import { readSafetensorsHeader } from "../../loading/safetensors/safetensorsHeader";
import { writeSafetensors } from "../../loading/safetensors/writeSafetensors";

export const STACK_JSON = "edits.json";

/** Above this many numbers a text is the wrong form. */
const MOST_NUMBERS = 4_000_000;

type StackJson = {
  format: string;
  document: unknown;
  tensors: Record<string, { shape: readonly number[]; values: number[] }>;
};

/** @param bytes an edit file, as editFile writes it. Throws AppError `bad-request` for one too large for a text. */
export async function stackAsJson(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { tensors, metadata } = await readSafetensorsHeader(memorySource("the edits", bytes));
  const count = [...tensors.values()].reduce((sum, { begin, end }) => sum + (end - begin) / 4, 0);
  if (count > MOST_NUMBERS) {
    const message = `The edits hold ${count.toLocaleString("en")} numbers, too many for a text of JSON.`;
    throw new AppError(
      "bad-request",
      message,
      `Save them as an edit file (${sizeText(bytes.length)}) instead.`,
    );
  }
  const json: StackJson = {
    format: metadata.get("format") ?? "",
    document: JSON.parse(metadata.get("palimpsest") ?? "null") as unknown,
    tensors: Object.fromEntries(
      [...tensors].map(([name, { shape, begin, end }]) => {
        const values = Array.from(new Float32Array(bytes.slice(begin, end).buffer), shortest);
        return [name, { shape, values }];
      }),
    ),
  };
  return new TextEncoder().encode(`${JSON.stringify(json)}\n`);
}

/** Nine digits tell every float32 from its neighbours. */
const shortest = (value: number): number => Number(value.toPrecision(9));

/** The edit file that the document stands for. */
export function jsonAsStack(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { format, document, tensors } = JSON.parse(new TextDecoder().decode(bytes)) as StackJson;
  return writeSafetensors(
    Object.entries(tensors).map(([name, { shape, values }]) => ({
      name,
      shape,
      values: Float32Array.from(values),
    })),
    { format, palimpsest: JSON.stringify(document) },
  );
}
