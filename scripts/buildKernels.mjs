/**
 * Compiles src/gpu/wasm/assembly to src/gpu/wasm/generated, once with 128-bit SIMD and once with relaxed SIMD, and
 * src/linalg/wasm/assembly to a TypeScript file with the bytes in it: small enough to travel with the code that calls it.
 * `compileKernels` and `linalgSource` give what they make without writing, so that a test can compare it with the
 * committed files.
 */
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const GPU_ASSEMBLY = join(root, "src/gpu/wasm/assembly");
const LINALG_ASSEMBLY = join(root, "src/linalg/wasm/assembly");

export const GENERATED = join(root, "src/gpu/wasm/generated");
export const LINALG_GENERATED = join(root, "src/linalg/wasm/generated/kernelBytes.ts");

/** File name and the features it may use. */
export const VARIANTS = [
  { file: "kernels.wasm", features: ["simd"] },
  { file: "kernelsRelaxed.wasm", features: ["simd", "relaxed-simd"] },
];

/**
 * No runtime, no checks, the caller's memory (tfjs's for src/gpu): the module must own no byte of it, so a data segment is
 * an error.
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function compileKernels(features, assembly = GPU_ASSEMBLY) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      "kernels.ts",
      ...["--outFile", "kernels.wasm", "--runtime", "stub", "--importMemory", "--noExportMemory"],
      ...["--optimizeLevel", "3", "--shrinkLevel", "0", "--converge", "--noAssert", "--use", "abort="],
      ...features.flatMap((feature) => ["--enable", feature]),
    ],
    {
      readFile: (name, baseDir) => readFile(join(assembly, baseDir, name), "utf8").catch(() => null),
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`asc failed: ${error.message}\n${stderr.toString()}`);
  if (!binary) throw new Error(`asc gave no binary\n${stderr.toString()}`);
  if (hasDataSection(binary))
    throw new Error("the kernels own static data, which would lie on their caller's memory");
  return Uint8Array.from(binary);
}

/** Walks the sections of a module; 11 is the data section. */
function hasDataSection(binary) {
  let at = 8;
  while (at < binary.length) {
    const id = binary[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (id === 11) return true;
    at += size;
  }
  return false;
}

/**
 * The text of src/linalg/wasm/generated/kernelBytes.ts. Without relaxed SIMD: with it results would differ between engines.
 * @returns {Promise<string>}
 */
export async function linalgSource() {
  const bytes = await compileKernels(["simd"], LINALG_ASSEMBLY);
  return `/** Made by scripts/buildKernels.mjs from ../assembly; base64. */
export const KERNEL_BYTES =
  "${Buffer.from(bytes).toString("base64")}";
`;
}

async function build() {
  await mkdir(GENERATED, { recursive: true });
  for (const { file, features } of VARIANTS) {
    const bytes = await compileKernels(features);
    await writeFile(join(GENERATED, file), bytes);
    console.log(`${file}: ${bytes.length} bytes`);
  }
  await mkdir(dirname(LINALG_GENERATED), { recursive: true });
  await writeFile(LINALG_GENERATED, await linalgSource());
  console.log("kernelBytes.ts of src/linalg");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build();
