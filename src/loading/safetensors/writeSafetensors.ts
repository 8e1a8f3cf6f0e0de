/**
 * Numbers in memory as one safetensors file: edit files, statistics, dumps. Typed arrays are little-endian, as every
 * machine that runs this is.
 */
import { invariant } from "../../lib/errors";
import { encodeSafetensors } from "./encodeSafetensors";

export type TensorToWrite = {
  name: string;
  shape: readonly number[];
  values: Float32Array | Float64Array | Int32Array;
};

/** The whole file. `metadata` becomes the header's `__metadata__`; equal input gives equal bytes. */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const encoded = tensors.map(({ name, shape, values }) => {
    const count = shape.reduce((product, n) => product * n, 1);
    invariant(count === values.length, `${name}: ${values.length} values for shape [${shape.join(", ")}]`);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return [name, { dtype: dtypeOf(values), shape, bytes }] as const;
  });
  const byName = new Map(encoded);
  invariant(byName.size === tensors.length, "no two tensors have one name");
  return encodeSafetensors(byName, metadata);
}

function dtypeOf(values: TensorToWrite["values"]): string {
  if (values instanceof Float32Array) return "F32";
  return values instanceof Float64Array ? "F64" : "I32";
}
