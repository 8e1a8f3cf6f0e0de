/** Cases of a benchmark, each edited alone, measured and taken back: `eval` without --sequential. */
import { basename } from "node:path";
import type { BenchmarkCase, CaseRequest } from "../domain/benchmark";
import { summarise, type MeasureSummary } from "../evaluation/benchmarks/summarise";
import { AppError } from "../lib/errors";
import { benchmarkNamed, readBenchmark } from "../lib/requests/readBenchmark";
import type { Options } from "./arguments";
import { evaluationIdentity, openCaseFile, type CaseFile, type CaseLine } from "./caseFile";
import type { CommandContext, CommandResult } from "./command";
import { readContexts, readMethod, readSettings } from "./editOptions";
import { openModel, readInput } from "./openModel";
import { table } from "./table";

/** Faults of one case, which end that case and not the run. */
const OF_THE_CASE = new Set(["bad-request", "prompt-too-long", "subject-not-in-prompt", "not-finite", "singular-matrix"]); // prettier-ignore

type Placed = BenchmarkCase & { index: number };

/** @throws AppError usage, bad-json, bad-request; and what loading a model or a cancel throws */
export async function evaluateCases(options: Options, context: CommandContext): Promise<CommandResult> {
  const name = options.text("benchmark");
  if (name === undefined) {
    throw new AppError("usage", "eval needs --benchmark for single cases, or --sequential for sequences of edits."); // prettier-ignore
  }
  const benchmark = benchmarkNamed(name);
  const method = readMethod(options.text("method") ?? "ROME");
  const share = shardOf(options.text("shard"));
  const data = new TextDecoder().decode(await readInput(options.text("data")!));
  const all = readBenchmark(data, basename(options.text("data")!), benchmark).map((one, index) => ({ ...one, index })); // prettier-ignore
  const limit = countOf(options.number("limit") ?? all.length, "limit", 1);
  const cases = all.slice(0, limit).filter(({ index }) => index % share.of === share.at - 1);
  const model = await openModel(options, context);
  const [stats, contexts] = [options.text("stats"), options.text("contexts")];
  const request: Omit<CaseRequest, "case"> = {
    benchmark,
    method,
    settings: readSettings(options, model.layers),
    seed: options.number("seed") ?? 1,
    fluencyTokens: countOf(options.number("fluency") ?? 0, "fluency", 0),
    ...(stats !== undefined && { statistics: await readInput(stats) }),
    ...(contexts !== undefined && { contexts: await readContexts(contexts) }),
  };
  const identity = await evaluationIdentity(request, model.hash, data);
  const file = await openCaseFile(options.text("resume"), identity);
  try {
    await evaluateAll(cases, request, file, context);
  } finally {
    await file.close();
  }
  const chosen = new Set(cases.map(({ index }) => index));
  const rows = file.rows.filter(({ index }) => chosen.has(index)).sort((a, b) => a.index - b.index);
  const summary = summariseRows(rows);
  const { settings, seed } = request;
  const json = { benchmark, method, settings, seed, modelHash: model.hash, rows, summary };
  return { json, text: asText(rows, summary) };
}

async function evaluateAll(
  cases: readonly Placed[],
  request: Omit<CaseRequest, "case">,
  file: CaseFile,
  { lab, call }: CommandContext,
): Promise<void> {
  const done = new Set(file.rows.map(({ index }) => index));
  for (const [at, { index, ...one }] of cases.entries()) {
    if (done.has(index)) continue;
    const started = performance.now();
    const named = { case: one.id, index, ...(one.category !== undefined && { category: one.category }) };
    call.onProgress({ note: `Case ${at + 1} of ${cases.length}`, done: at, total: cases.length });
    const quiet = { signal: call.signal, onProgress: () => undefined };
    try {
      await file.append({ ...named, ...(await lab.evaluateCase({ ...request, case: one }, quiet)) });
    } catch (error) {
      if (!(error instanceof AppError) || !OF_THE_CASE.has(error.code)) throw error;
      const { code, message } = error;
      await file.append({ ...named, error: { code, message }, milliseconds: performance.now() - started });
    }
  }
}

type Summary = {
  /** Rows there are, and how many of them could not be edited. */
  cases: number;
  failed: number;
  measures: MeasureSummary[];
  /** By category, where the data names some. */
  categories: Record<string, MeasureSummary[]>;
};

function summariseRows(rows: readonly CaseLine[]): Summary {
  const measured = rows.flatMap(({ before, after, category }) => (before && after ? [{ before, after, category }] : [])); // prettier-ignore
  const categories = [...new Set(measured.flatMap(({ category }) => category ?? []))].sort();
  return {
    cases: rows.length,
    failed: rows.length - measured.length,
    measures: summarise(measured),
    categories: Object.fromEntries(categories.map((name) => [name, summarise(measured.filter(({ category }) => category === name))])), // prettier-ignore
  };
}

/** The rows as JSON lines, and below them what people look at first. */
function asText(rows: readonly CaseLine[], { cases, failed, measures }: Summary): string {
  const header = ["measure", "before", "after", "cases", "definition"];
  const lines = measures.map(({ measure, before, after, cases: count, definition }) => [measure, before.toFixed(3), after.toFixed(3), count, definition]); // prettier-ignore
  return [
    ...rows.map((row) => JSON.stringify(row)),
    "",
    table(header, lines),
    "",
    `${cases} cases${failed > 0 ? `, ${failed} of which could not be edited` : ""}.`,
  ].join("\n");
}

function countOf(value: number, name: string, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new AppError("usage", `--${name} is a whole number from ${least}.`);
}

/** "2/4": the second of four equal parts; every fourth case, so that long and short ones are shared out. */
function shardOf(word: string | undefined): { at: number; of: number } {
  if (word === undefined) return { at: 1, of: 1 };
  const [, at, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(word)?.map(Number) ?? [];
  if (at !== undefined && of !== undefined && at >= 1 && at <= of) return { at, of };
  throw new AppError("usage", `--shard is a part of a whole, such as 1/4, not “${word}”.`);
}
