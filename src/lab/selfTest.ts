/** The self-test, and its verdict kept per adapter so that it runs once on a machine. */
import type { SelfTestResult } from "../domain/selfTest";
import type { EngineBackend } from "../gpu/backend";
import { kernelsFingerprint, selfTest } from "../gpu/selfTest";
import { AppError } from "../lib/errors";
import type { DurableFiles } from "./durableFiles";

type Verdict = { fingerprint: string; passed: boolean };

const FILE = "self-test";

function failure({ checks, adapter }: Pick<SelfTestResult, "checks" | "adapter">): AppError {
  const worst = checks.find(({ passed }) => !passed);
  return new AppError(
    "gpu-error",
    `${adapter} computes “${worst?.name ?? "something"}” wrongly (error ${worst?.error.toExponential(1)}).`,
    "Update the graphics driver, or go on with the CPU.",
  );
}

async function readVerdict(cache: DurableFiles, name: string): Promise<Verdict | undefined> {
  const bytes = await cache.read(name);
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Verdict);
}

/**
 * Runs the self-test on an engine that this cache has not seen pass with these kernels.
 * @throws AppError gpu-error when a kernel disagrees with its twin
 */
export async function runSelfTestOnce(engine: EngineBackend, cache: DurableFiles): Promise<void> {
  if (engine.name === "cpu") return;
  const name = `${FILE}-${engine.name}`;
  const fingerprint = `${engine.adapter} ${kernelsFingerprint()}`;
  const before = await readVerdict(cache, name);
  if (before?.passed && before.fingerprint === fingerprint) return;
  const result = await selfTest(engine);
  const verdict: Verdict = { fingerprint, passed: result.passed };
  // Full storage means another self-test next time, not a lab that does not start.
  await cache.write(name, new TextEncoder().encode(JSON.stringify(verdict))).catch(() => undefined);
  if (!result.passed) throw failure(result);
}
