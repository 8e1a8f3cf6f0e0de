/**
 * The watch of a terminal. V8 can end a script from another of its threads, also inside a regular expression, and Node
 * offers that as the time limit of a `vm` script; so the step runs as one, at a tenth of a millisecond each. Node only.
 */
import vm from "node:vm";
import { WATCH_BOUND, type Watch } from "../domain/watch";
import { overdue } from "../lib/overdue";

/** Throws AppError `too-slow` when a step takes longer than `bound` milliseconds. */
export function nodeWatch(bound = WATCH_BOUND): Watch {
  const script = new vm.Script("body()");
  // Only the call crosses into this context; the body keeps its own, so errors stay instances of their classes.
  const holder = vm.createContext({ body: undefined as unknown });
  return (step, body) => {
    holder.body = body;
    try {
      return script.runInContext(holder, { timeout: bound }) as ReturnType<typeof body>;
    } catch (error) {
      throw isTimeout(error) ? overdue(step, bound) : error;
    }
  };
}

/** Node makes this error in the script's context, so it is no instance of this one's Error. */
const isTimeout = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
