/** GGML's tensor types by id: the decoder of those read here, the name of the others for the message. */
import type { BlockDecoder } from "../decoders/blockDecoder";
import { FLOAT_DECODERS } from "../decoders/floats";
import { SMALL_BLOCK_DECODERS } from "../decoders/smallBlocks";
import { SUPER_BLOCK_DECODERS } from "../decoders/superBlocks";

const NAMES: ReadonlyMap<number, string> = new Map([
  ...["F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1"].entries(),
  ...["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K"].map((name, i) => [10 + i, name] as const),
  ...["IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS"].map(
    (name, i) => [16 + i, name] as const,
  ),
  ...["I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16"].map((name, i) => [24 + i, name] as const),
  [34, "TQ1_0"],
  [35, "TQ2_0"],
  [39, "MXFP4"],
]);

const DECODERS: ReadonlyMap<string, BlockDecoder> = new Map(
  [...Object.values(FLOAT_DECODERS), ...SMALL_BLOCK_DECODERS, ...SUPER_BLOCK_DECODERS].map((decoder) => [
    decoder.name,
    decoder,
  ]),
);

/** The decoder of a type id; for an id that is not read, how to call it in a message. */
export function ggmlDecoder(id: number): BlockDecoder | string {
  const name = NAMES.get(id);
  return (name === undefined ? undefined : DECODERS.get(name)) ?? name ?? `id ${id}`;
}
