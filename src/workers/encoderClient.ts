/** The sentence encoder as the lab's worker sees it: nothing until the first question, then a worker of its own. */
import type { EncoderApi, SentenceEncoder } from "../domain/encoder";
import { AppError } from "../lib/errors";
import { connect, type Connection } from "./connect";
import { ENCODER } from "./encoderName";

export function encoderInWorker(): SentenceEncoder {
  let open: { worker: Worker; connection: Connection<EncoderApi> } | undefined;

  const close = (reason: string): void => {
    open?.worker.terminate();
    open?.connection.fail(
      new AppError("network", `The sentence encoder cannot be used: ${reason}`, "Compare by encoder=own."),
    );
    open = undefined;
  };

  const start = (): Connection<EncoderApi> => {
    if (open) return open.connection;
    const worker = new Worker(new URL("./encoder.worker.ts", import.meta.url), { type: "module" });
    const connection = connect<EncoderApi>(worker, () => undefined);
    worker.addEventListener("error", ({ message }) => close(message || "its worker did not start."));
    open = { worker, connection };
    return connection;
  };

  return {
    name: ENCODER.repository,
    needsCentre: false,
    embed: async (texts, signal) => {
      const { vectors } = await start().client.embed({ texts }, { ...(signal && { signal }) });
      return vectors;
    },
  };
}
