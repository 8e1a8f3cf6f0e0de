/** One line on a terminal's stderr that shows how far a job is; nothing when stderr is not a terminal. */
import type { Progress } from "../domain/progress";
import { printable } from "./table";

export type ProgressLine = { show(progress: Progress): void; clear(): void };

/** Least time between two redraws, in milliseconds. */
const INTERVAL = 100;

export function progressLine(stream: NodeJS.WriteStream): ProgressLine {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let last = -Infinity;
  return {
    show({ note, done, total, secondsLeft }) {
      const now = performance.now();
      if (now - last < INTERVAL) return;
      last = now;
      const share = total > 0 ? ` ${Math.round((100 * done) / total)} %` : "";
      const left = secondsLeft === undefined ? "" : `, ${Math.ceil(secondsLeft)} s left`;
      stream.write(`\r\x1b[2K${printable(note)}${share}${left}`);
    },
    clear: () => void stream.write("\r\x1b[2K"),
  };
}
