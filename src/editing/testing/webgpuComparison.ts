/**
 * Comparison on WebGPU, in a browser: ten times the bounds (issue 6). Differences are written to the file that
 * VITE_PALIMPSEST_ERRORS names, as errorTable.ts does it on Node.
 */
import { afterAll } from "vitest";
import { commands } from "vitest/browser";
import { fetchFixture, hasFetchableFixture } from "../../model/testing/fetchFixture";
import type { Comparison } from "./comparison";

/** VITE_PALIMPSEST_ALL_CASES runs the long cases too: a software GPU takes minutes for them. */
export const allCases = import.meta.env["VITE_PALIMPSEST_ALL_CASES"] !== undefined;

const found: string[] = [];

export const webgpuComparison: Comparison = {
  read: fetchFixture,
  has: hasFetchableFixture,
  slack: 10,
  record: (method, name, what, error) =>
    void found.push(`${JSON.stringify({ method, name, what, error })}\n`),
};

/** At the end of a test file. */
export function writeErrorsAfterwards(): void {
  afterAll(async () => {
    const file = (import.meta as { env?: Record<string, string | undefined> }).env?.[
      "VITE_PALIMPSEST_ERRORS"
    ];
    const lines = found.splice(0).join("");
    if (file !== undefined && lines !== "") await commands.writeFile(file, lines, { flag: "a" });
  });
}
