/**
 * Runs the tests of families × sources × backends (src/lab/families.*.test.ts) and writes the errors they found into
 * docs/families.md: `node scripts/familyTable.mjs`. A test that fails leaves no table behind.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";

const folder = mkdtempSync(join(tmpdir(), "palimpsest-families-"));
const BACKENDS = { wasm: "WASM", webgpu: "WebGPU", cpu: "twins" };
const COLUMNS = [
  "safetensors F32",
  "F16",
  "BF16",
  "in shards",
  "dropped folder",
  "GGUF",
  "hub",
  "trace",
  "ROME",
];

/** The cells that a project's tests found. */
function cellsOf(project) {
  const file = join(folder, `${project}.json`);
  const args = [
    "vitest",
    "run",
    "--project",
    project,
    "src/lab/families",
    "--reporter=json",
    `--outputFile=${file}`,
  ];
  execFileSync("npx", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const { testResults } = JSON.parse(readFileSync(file, "utf8"));
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ meta }) => meta?.family ?? []),
  );
}

function table(cells) {
  const find = (family, backend, column) =>
    cells.find((cell) => cell.family === family && cell.backend === backend && cell.column === column);
  const rows = [...new Set(cells.map(({ family }) => family))].flatMap((family) =>
    Object.keys(BACKENDS).map((backend) => {
      const errors = COLUMNS.map((column) => find(family, backend, column)?.error.toExponential(1) ?? "–");
      return `| ${[family, BACKENDS[backend], ...errors].join(" | ")} |`;
    }),
  );
  const head = ["family", "backend", ...COLUMNS];
  return [`| ${head.join(" | ")} |`, `| ${head.map(() => "---").join(" | ")} |`, ...rows].join("\n");
}

const TEXT = `# Families, sources, backends

Written by \`node scripts/familyTable.mjs\` from a run of \`src/lab/families.*.test.ts\`; not by hand.

Every number is a largest error against PyTorch in float64, max |a − b| / max(1, max |b|). The first seven columns are
logits at all positions of a prompt, from a model that came from that source; F16 and BF16 are measured against the rounded
weights. **trace** is the worst of all cells of three heatmaps (states, windows of MLPs and of attention) and of the clean
and corrupted probabilities. **ROME** is the worst of the losses of every pass, v\\*, u, Λ and the logits of the edited
model. The references are \`scripts/references/families.py\` and the fixtures' own numbers; the bound of the tests is 1e-4
(1e-3 for v\\*, u, Λ and what follows from them).

WASM runs in Node, WebGPU in Chromium on SwiftShader, the twins are the obvious kernels that the other two are tested
against. The hub is a local server that cuts, refuses and answers short on the way. GGUF files are llama.cpp's own for gpt2,
llama and qwen2, and written by its converter's rules for gpt_neox, qwen3, gemma3 and phi; gptj has no architecture there, and
llama3, mistral and smollm are llama's.

`;

try {
  const cells = [...cellsOf("golden"), ...cellsOf("gpu")];
  const worst = cells.reduce((most, cell) => (cell.error > most.error ? cell : most));
  const summary = `${cells.length} cells; the largest error is ${worst.error.toExponential(1)} (${worst.family}, ${worst.column}, ${BACKENDS[worst.backend]}).\n`;
  writeFileSync(join(root, "docs/families.md"), `${TEXT}${table(cells)}\n\n${summary}`);
  execFileSync("npx", ["prettier", "--write", "docs/families.md"], { cwd: root, stdio: "ignore" });
} finally {
  rmSync(folder, { recursive: true });
}
