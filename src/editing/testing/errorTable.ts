/** Collects the largest error of every comparison, for the table in docs: written when PALIMPSEST_ERRORS names a file. */
import { appendFileSync } from "node:fs";

/** One line per comparison; whoever makes the table takes the largest of each kind. */
export function recordError(method: string, name: string, what: string, error: number): void {
  const file = process.env["PALIMPSEST_ERRORS"];
  if (file) appendFileSync(file, `${JSON.stringify({ method, name, what, error })}\n`);
}
