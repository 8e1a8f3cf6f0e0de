/**
 * Compiles src/gpu/wasm/assembly to src/gpu/wasm/generated, once with 128-bit SIMD and once with relaxed SIMD.
 * `compileKernels` gives the bytes without writing, so that a test can compare them with the committed files.
 */
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const assembly = join(root, "src/gpu/wasm/assembly");

export const GENERATED = join(root, "src/gpu/wasm/generated");

/** File name and the features it may use. */
export const VARIANTS = [
  { file: "kernels.wasm", features: ["simd"] },
  { file: "kernelsRelaxed.wasm", features: ["simd", "relaxed-simd"] },
];

/**
 * No runtime, no checks, tfjs's memory: the module must own no byte of it, so a data segment is an error.
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function compileKernels(features) {
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
    throw new Error("the kernels own static data, which would lie on tfjs's memory");
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

async function build() {
  await mkdir(GENERATED, { recursive: true });
  for (const { file, features } of VARIANTS) {
    const bytes = await compileKernels(features);
    await writeFile(join(GENERATED, file), bytes);
    console.log(`${file}: ${bytes.length} bytes`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build();
