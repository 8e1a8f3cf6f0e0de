/** The self-test of an engine that `load` has left untested. */
import { unload } from "./load";
import { runSelfTestOnce } from "./selfTest";
import type { Session } from "./session";

/** @throws AppError gpu-error; the model is gone then, for what it says cannot be trusted */
export async function checkEngine(session: Session): Promise<void> {
  const { engine, isTested, environment } = session;
  if (engine === undefined || isTested !== false) return;
  try {
    await runSelfTestOnce(engine, environment.cache);
    session.isTested = true;
  } catch (error) {
    await unload(session);
    throw error;
  }
}
