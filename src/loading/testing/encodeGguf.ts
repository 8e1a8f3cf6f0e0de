/** Writes small GGUF files (version 3, F32 tensors) for tests of architectures that no fixture has. */

export type GgufScalar = { u32: number } | { f32: number } | { bool: boolean } | { text: string };
/** `dimensions` as GGUF has them, the fastest first. */
export type GgufTensorToWrite = { name: string; dimensions: readonly number[]; values: Float32Array };

const ALIGNMENT = 32;

class Writer {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  bytes(part: Uint8Array): void {
    this.#parts.push(part);
    this.length += part.length;
  }
  u32 = (value: number) => this.bytes(new Uint8Array(Uint32Array.of(value).buffer));
  u64 = (value: number) => this.bytes(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  f32 = (value: number) => this.bytes(new Uint8Array(Float32Array.of(value).buffer));
  text(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.u64(encoded.length);
    this.bytes(encoded);
  }
  pad(): void {
    this.bytes(new Uint8Array((ALIGNMENT - (this.length % ALIGNMENT)) % ALIGNMENT));
  }
  whole(): Uint8Array<ArrayBuffer> {
    const file = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      file.set(part, at);
      at += part.length;
    }
    return file;
  }
}

function writeScalar(writer: Writer, value: GgufScalar): void {
  if ("u32" in value) {
    writer.u32(4);
    writer.u32(value.u32);
  } else if ("f32" in value) {
    writer.u32(6);
    writer.f32(value.f32);
  } else if ("bool" in value) {
    writer.u32(7);
    writer.bytes(Uint8Array.of(value.bool ? 1 : 0));
  } else {
    writer.u32(8);
    writer.text(value.text);
  }
}

export function encodeGguf(
  metadata: Readonly<Record<string, GgufScalar>>,
  tensors: readonly GgufTensorToWrite[],
): Uint8Array<ArrayBuffer> {
  const header = new Writer();
  header.bytes(new TextEncoder().encode("GGUF"));
  header.u32(3);
  header.u64(tensors.length);
  header.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    header.text(key);
    writeScalar(header, value);
  }
  let offset = 0;
  for (const { name, dimensions, values } of tensors) {
    header.text(name);
    header.u32(dimensions.length);
    dimensions.forEach(header.u64);
    header.u32(0);
    header.u64(offset);
    offset += Math.ceil(values.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  header.pad();
  for (const { values } of tensors) {
    header.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    header.pad();
  }
  return header.whole();
}
