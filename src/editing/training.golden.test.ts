/** FT-L, FT-M and LoRA on WASM against EasyEdit's own runs: losses of every pass, changes, probabilities. */
import { afterAll, beforeAll } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { describeFineTuning } from "./testing/describeFineTuning";
import { describeLora } from "./testing/describeLora";
import { wasmComparison } from "./testing/wasmComparison";

const FT_CASES = [
  "ft_l_1_constrained",
  "ft_l_1_free",
  "ft_l_2_constrained",
  "ft_m_1_constrained",
  "ft_m_2_constrained",
  "ft_m_2_free",
];

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

for (const name of ["tiny-facts2-gpt2", "tiny-facts2-llama"])
  describeFineTuning(name, FT_CASES, wasmComparison);
describeLora(["lora-gpt2", "lora-llama"], wasmComparison);
