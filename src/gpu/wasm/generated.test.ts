/** The committed WebAssembly is what its source compiles to, and both builds compute the same. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GENERATED, VARIANTS, compileKernels } from "../../../scripts/buildKernels.mjs";

describe("src/gpu/wasm/generated", () => {
  test.each(VARIANTS)(
    "$file is a fresh build of assembly/ (else: npm run build:kernels)",
    async ({ file, features }) => {
      const committed = await readFile(join(GENERATED, file));
      const fresh = await compileKernels(features);
      expect(Buffer.compare(committed, Buffer.from(fresh))).toBe(0);
    },
  );
});
