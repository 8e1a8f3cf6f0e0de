/** Writes a safetensors file in memory from bytes of any number type. Numbers come through writeSafetensors. */

export type EncodedTensor = { dtype: string; shape: readonly number[]; bytes: Uint8Array };

/**
 * Tensors in the order given, the header padded so that the data begins at a multiple of 8.
 * @param metadata texts for `__metadata__`
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, EncodedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  let reached = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const data_offsets = [reached, (reached += bytes.length)];
    return [name, { dtype, shape, data_offsets }] as const;
  });
  const texts = Object.keys(metadata).length ? [["__metadata__", metadata] as const] : [];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...texts, ...entries])));
  const headerLength = Math.ceil(json.length / 8) * 8;

  const file = new Uint8Array(8 + headerLength + reached);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength).set(json, 8);
  let at = 8 + headerLength;
  for (const { bytes } of tensors.values()) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
