/** The self-test as a document for a bug report: what ran where, with which result. Nothing of the user's. Pure. */
import type { LoadedModel } from "../domain/model";
import type { SelfTestCheck, SelfTestResult } from "../domain/selfTest";
import { visibleString } from "../lib/visibleText";

export type SelfTestReport = SelfTestResult & {
  product: "Palimpsest";
  /** ISO date and time. */
  made: string;
  browser: string;
  model: { ref: string; hash: string; notices: readonly string[] } | undefined;
};

export type ReportOrigin = { made: string; browser: string; model: LoadedModel | undefined };

export function toReport(result: SelfTestResult, { made, browser, model }: ReportOrigin): SelfTestReport {
  const loaded = model && { ref: model.ref, hash: model.hash, notices: model.notices };
  return { product: "Palimpsest", made, browser, model: loaded, ...result };
}

/** Failures first, then by how near each check comes to its bound. */
export function byUrgency(checks: readonly SelfTestCheck[]): SelfTestCheck[] {
  return checks.toSorted((a, b) => Number(a.passed) - Number(b.passed) || closeness(b) - closeness(a));
}

/** The error as a share of its bound; a value that is no number counts as worst. */
export function closeness({ error, bound }: SelfTestCheck): number {
  if (!Number.isFinite(error)) return Infinity;
  return bound > 0 ? error / bound : error > 0 ? Infinity : 0;
}

/** `1.2e-7`; also of values that are no numbers. */
export const scientific = (value: number): string => (value === 0 ? "0" : value.toExponential(1));

export function reportText(report: SelfTestReport): string {
  const { checks, limits, model } = report;
  const failed = checks.filter(({ passed }) => !passed).length;
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = [
    `${report.product} self-test: ${failed === 0 ? "passed" : `${failed} of ${checks.length} checks failed`}`,
    `made      ${report.made}, in ${(report.milliseconds / 1000).toFixed(1)} s`,
    `browser   ${report.browser}`,
    `backend   ${report.backend}`,
    `adapter   ${report.adapter}`,
    `float64   ${report.float64}`,
    ...(model === undefined ? [] : [`model     ${model.ref} (${model.hash.slice(0, 16)})`]),
    ...(model?.notices ?? []).map((notice) => `notice    ${notice}`),
    "",
    "limits",
    ...Object.entries(limits).map(([name, value]) => `  ${name}: ${value}`),
    "",
    "checks",
    ...byUrgency(checks).map(
      ({ name, error, bound, passed }) =>
        `  ${passed ? "ok  " : "FAIL"}  ${name.padEnd(width)}  error ${scientific(error)}  bound ${scientific(bound)}`,
    ),
  ];
  return `${lines.map((line) => visibleString(line, "none")).join("\n")}\n`;
}
