/**
 * In which format each weight is kept at a precision, and whether anything is lost by it. A checkpoint's own format is
 * kept where the precision has room for it: BF16 values stay bfloat16 in 16 bits (as float16 the small ones would lose
 * digits and the large ones overflow), everything else becomes float16; Q8_0 blocks become int8 as they are.
 */
import type { Precision } from "../domain/model";
import type { NumberFormat } from "../gpu/weights";
import { sha256 } from "../lib/sha256";

/** How a matrix or table is kept; `dtype` is its type in the checkpoint, as safetensors and GGUF write it. */
export function formatFor(precision: Precision, dtype: string | undefined): NumberFormat {
  switch (precision) {
    case "float32":
      return "float32";
    case "float16":
      return dtype === "BF16" ? "bfloat16" : "float16";
    case "int8":
      return "int8";
  }
}

const LOSSLESS_FROM: Readonly<Record<Precision, readonly string[] | "all">> = {
  float32: "all",
  float16: ["BF16", "F16"],
  int8: ["Q8_0"],
};

/** Whether matrices stored in these types are kept without loss: known before a byte of them is read. */
export function isLossless(precision: Precision, dtypes: Iterable<string>): boolean {
  const kept = LOSSLESS_FROM[precision];
  return kept === "all" || [...dtypes].every((dtype) => kept.includes(dtype));
}

/** A weight that does not decode to the checkpoint's bits. */
export type RoundedWeight = { name: string; format: NumberFormat };

/** Changes when packing comes to round otherwise, so that equal hashes go on meaning equal weights. */
const PACKING_VERSION = "packing 1";

/**
 * Hash of the weights as they are kept: the checkpoint's own where nothing was rounded. Rounding depends on nothing but
 * values and format, so equal hashes mean equal weights.
 */
export async function hashAsKept(hash: string, rounded: readonly RoundedWeight[]): Promise<string> {
  if (rounded.length === 0) return hash;
  return sha256(hash, PACKING_VERSION, ...rounded.flatMap(({ name, format }) => [name, format]));
}
