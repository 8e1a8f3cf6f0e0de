/** Every quantised format against gguf's own dequantised values, bit for bit. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import blocks from "../../../tests/fixtures/gguf/blocks/blocks.json";
import { nodeFileSource } from "../byteSource/nodeFileSource";
import { ggmlDecoder } from "../gguf/ggmlTypes";
import { readSafetensorsHeader } from "../safetensors/safetensorsHeader";

const FILE = resolve(import.meta.dirname, "../../../tests/fixtures/gguf/blocks/blocks.safetensors");

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = await nodeFileSource(FILE);
  const { begin, end } = (await readSafetensorsHeader(source)).tensors.get(name)!;
  return source.read(begin, end);
}

describe.each(Object.entries(blocks.types))("%s", (name, type) => {
  const decoder = ggmlDecoder(type.ggml_type_id);
  if (typeof decoder === "string") throw new Error(`${name} has no decoder`);

  test("has the sizes of the format", () => {
    expect(decoder).toMatchObject({
      name,
      valuesPerBlock: type.values_per_block,
      bytesPerBlock: type.bytes_per_block,
    });
  });

  test("gives the reference's float32 bits", async () => {
    const [raw, expected] = [await bytesOf(`${name}.raw`), await bytesOf(`${name}.f32`)];
    const places = 3; // room in front shows that the offset is honoured
    const out = new Float32Array(places + expected.length / 4);
    decoder.decode(raw, raw.length / decoder.bytesPerBlock, out, places);
    expect(out.subarray(0, places)).toEqual(new Float32Array(places));
    expect(new Uint8Array(out.buffer, places * 4)).toEqual(expected);
  });
});

test("types that are not read are named", () => {
  expect(ggmlDecoder(16)).toBe("IQ2_XXS");
  expect(ggmlDecoder(200)).toBe("id 200");
});
