/** The worker's composition root: one lab, served to the page. */
import { browserEnvironment } from "../lab/browserEnvironment";
import { createLab } from "../lab/createLab";
import { toErrorReport } from "../lib/errors";
import { encoderInWorker } from "./encoderClient";
import { holdLifeline } from "./lifeline";
import type { Endpoint, FromWorker } from "./messages";
import { serve } from "./serve";
import { announceSteps } from "./watchdog";

const endpoint = self as unknown as Endpoint;
const tell = (message: FromWorker): void => endpoint.postMessage(message, []);

/** The page's folder: the worker's script lies in assets/ of a build, in src/workers/ of the development server. */
const base = new URL(import.meta.env.DEV ? "/" : "../", self.location.href).href;

// Calls that arrive before the lab stands wait in the port's queue only once a listener is set, so set it first.
const early: MessageEvent[] = [];
const hold = (event: MessageEvent): void => void early.push(event);
endpoint.addEventListener("message", hold);
holdLifeline((lifeline) => tell({ kind: "notice", notice: { kind: "alive", lifeline } }));

try {
  const environment = await browserEnvironment(
    base,
    (notice) => tell({ kind: "notice", notice }),
    announceSteps((notice) => tell({ kind: "notice", notice })),
    encoderInWorker(),
  );
  const lab = createLab(environment);
  endpoint.removeEventListener("message", hold);
  serve(lab as never, endpoint);
  for (const event of early) self.dispatchEvent(new MessageEvent("message", { data: event.data as unknown }));
  tell({ kind: "notice", notice: { kind: "ready" } });
} catch (error) {
  tell({ kind: "notice", notice: { kind: "fault", error: toErrorReport(error) } });
}
