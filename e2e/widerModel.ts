/** A model too wide for a little memory: the tiny GPT-2's files with every width times twenty-four, and zeros for weights. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FROM = "tests/fixtures/models/gpt2";
const TIMES = 24;

type Header = Record<string, { shape: number[]; dtype: string; data_offsets: [number, number] }>;

/** Rows of the embedding tables are tokens and positions, not widths. */
const widen = (name: string, shape: readonly number[]): number[] =>
  shape.map((size, axis) => (/wte|wpe/u.test(name) && axis === 0 ? size : size * TIMES));

/** Writes the folder and returns it. About 85 MB of float32, more than the engine has ever held by then. */
export function widerModel(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(FROM, file), join(folder, file));
  const config = JSON.parse(readFileSync(join(FROM, "config.json"), "utf8")) as { n_embd: number };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, n_embd: config.n_embd * TIMES }));

  const bytes = readFileSync(join(FROM, "model.safetensors"));
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _about, ...tensors } = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Header;
  let end = 0;
  const wide: Header = {};
  for (const [name, { shape, dtype }] of Object.entries(tensors)) {
    const wideShape = widen(name, shape);
    const start = end;
    end += 4 * wideShape.reduce((product, size) => product * size, 1);
    wide[name] = { shape: wideShape, dtype, data_offsets: [start, end] };
  }
  const header = Buffer.from(JSON.stringify(wide));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(folder, "model.safetensors"), Buffer.concat([size, header, Buffer.alloc(end)]));
  return folder;
}
