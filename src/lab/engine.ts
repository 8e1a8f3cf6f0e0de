/** Starts what computes: the best backend that passes its self-test on this machine. */
import type { Backend } from "../domain/model";
import type { EngineBackend } from "../gpu/backend";
import { AppError } from "../lib/errors";
import type { LabEnvironment } from "./environment";
import { runSelfTestOnce } from "./selfTest";

/** A processor playing a GPU computes the same as the WASM engine, ten times slower. */
function softwareAdapter(adapter: string): AppError {
  return new AppError("webgpu-unavailable", `This browser's only graphics adapter is software (${adapter}).`);
}

export type StartedEngine = { engine: EngineBackend; notices: string[]; isTested: boolean };

/**
 * Starts the wanted engine, or the first that passes its self-test; says why one was passed over. Where the test could
 * change nothing about the choice, and someone waits, it is left to `checkEngine`.
 */
export async function startEngine(
  environment: LabEnvironment,
  wanted: Backend | undefined,
): Promise<StartedEngine> {
  const notices: string[] = [];
  const names = wanted ? [wanted] : environment.backends;
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    let engine: EngineBackend | undefined;
    try {
      engine = await environment.startBackend(name);
      if (engine.isSoftwareAdapter && !isLast) throw softwareAdapter(engine.adapter);
      const isTested = !(isLast && name === "wasm" && environment.testsLater);
      if (isTested) await runSelfTestOnce(engine, environment.cache);
      return { engine, notices, isTested };
    } catch (error) {
      engine?.dispose();
      if (isLast || !(error instanceof AppError)) throw error;
      notices.push(`${error.message} The lab computes with WebAssembly instead, to the same numbers.`);
    }
  }
  throw new AppError("internal", "The lab was given no engine to start.");
}
