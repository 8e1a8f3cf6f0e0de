/** Where tests find SmolLM2-135M-Instruct (98 MB, never committed); `undefined` makes them skip visibly. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const CANDIDATES = [
  process.env["PALIMPSEST_SMOLLM2"],
  // Benches are bundled elsewhere; like the tests they start at the repository's root.
  resolve(process.cwd(), ".cache/SmolLM2-135M-Instruct.Q4_1.gguf"),
];

export const smolLm2Path: string | undefined = CANDIDATES.find(
  (path) => path !== undefined && existsSync(path),
);
