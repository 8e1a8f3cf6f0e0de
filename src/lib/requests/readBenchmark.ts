/**
 * Files of the field's benchmarks, and of requests in whatever form: JSON, JSON lines or comma separated values. Which
 * form it is, is seen from the fields. The file is a stranger's until checked. Pure: the page and the lab both read here.
 */
import { BENCHMARKS, type BenchmarkCase, type BenchmarkName } from "../../domain/benchmark";
import type { EditRequest } from "../../domain/edit";
import { AppError } from "../errors";
import { parseCsv } from "../facts/parseCsv";
import { isCounterfact, readCounterfact } from "./counterfactCase";
import { isFields, refuse, type Fields } from "./fields";
import { isKnowEdit, readKnowEdit } from "./knowEditCase";
import { isAkew, isEditEverything, isUnke, readAkew, readLong } from "./longCases";
import { readRequest } from "./readRequests";
import { isZsre, readZsre } from "./zsreCase";

/** "requests": the lab's own words, or a table with a column for each. */
export type RequestForm = BenchmarkName | "requests";

const MOST_RECORDS = 25_000;

/** In this order: AKEW's records are CounterFact's with more fields, KnowEdit's prompts are plain requests with more. */
const FORMS: readonly [BenchmarkName, (fields: Fields) => boolean][] = [
  ["akew", isAkew],
  ["counterfact", isCounterfact],
  ["zsre", isZsre],
  ["knowedit", isKnowEdit],
  ["unke", isUnke],
  ["editeverything", isEditEverything],
];

/** What a record looks like; undefined for the lab's own requests and for what is none of all. */
export const formOf = (fields: Fields): BenchmarkName | undefined => FORMS.find(([, is]) => is(fields))?.[0];

/**
 * Requests in any form, with the form that the first record has.
 * Throws AppError `bad-json`, `bad-request` naming the record and the field.
 */
export function recogniseRequests(
  text: string,
  fileName: string,
): { form: RequestForm; requests: EditRequest[] } {
  const list = recordsOf(text, fileName);
  const requests = casesOf(list, fileName).map(({ request }) => request);
  return { form: formOf(list[0]!) ?? "requests", requests };
}

/** As `recogniseRequests`, with what a benchmark asks besides; plain requests bring nothing else. */
export const recogniseCases = (
  text: string,
  fileName: string,
): Pick<BenchmarkCase, "request" | "locality">[] => casesOf(recordsOf(text, fileName), fileName);

function casesOf(list: readonly Fields[], fileName: string): Pick<BenchmarkCase, "request" | "locality">[] {
  const form = formOf(list[0]!);
  if (form) return readCases(list, form, fileName);
  return list.map((record, at) => ({
    request: readRequest(record, `${fileName}, request ${at + 1}`),
    locality: [],
  }));
}

/** One record of whatever form. Throws AppError `bad-request` naming it, as `where`, and the field. */
export function readRecord(fields: Fields, where: string): EditRequest[] {
  const form = formOf(fields);
  return form ? read(fields, form, where).map(({ request }) => request) : [readRequest(fields, where)];
}

/** Cases of one benchmark. Throws AppError `bad-json`, `bad-request` naming the record and the field. */
export function readBenchmark(text: string, fileName: string, benchmark: BenchmarkName): BenchmarkCase[] {
  return readCases(recordsOf(text, fileName), benchmark, fileName);
}

/** Throws AppError `usage`. */
export function benchmarkNamed(word: string): BenchmarkName {
  const found = BENCHMARKS.find((name) => name === word.toLowerCase());
  if (found) return found;
  throw new AppError("usage", `There is no benchmark “${word}”.`, `There is ${BENCHMARKS.join(", ")}.`);
}

function readCases(list: readonly Fields[], benchmark: BenchmarkName, fileName: string): BenchmarkCase[] {
  const seen = new Map<string, number>();
  return list.flatMap((fields, at) => {
    const where = `${fileName}, record ${at + 1}`;
    const form = formOf(fields);
    if (!fits(form, benchmark)) throw refuse(where, `is no record of ${benchmark}${form ? ` but of ${form}` : ""}`, form ? `Try --benchmark ${form}.` : ""); // prettier-ignore
    const own = fields["case_id"] ?? fields["id"];
    const base = typeof own === "number" || typeof own === "string" ? String(own) : String(at);
    const cases = read(fields, benchmark, where);
    return cases.map((one, part) => {
      const id = cases.length === 1 ? base : `${base}.${part}`;
      const times = seen.get(id) ?? 0;
      seen.set(id, times + 1);
      // Rows are kept by id, so two cases must not share one.
      return { id: times === 0 ? id : `${id}#${times + 1}`, ...one };
    });
  });
}

/** The two plain forms of questions and long answers hold the same fields. */
const fits = (form: BenchmarkName | undefined, wanted: BenchmarkName): boolean =>
  form === wanted || ((form === "unke" || form === "editeverything") && (wanted === "unke" || wanted === "editeverything")); // prettier-ignore

function read(fields: Fields, benchmark: BenchmarkName, where: string): Omit<BenchmarkCase, "id">[] {
  switch (benchmark) {
    case "counterfact":
      return [readCounterfact(fields, where)];
    case "zsre":
      return [readZsre(fields, where)];
    case "knowedit":
      return readKnowEdit(fields, where);
    case "akew":
      return [readAkew(fields, where)];
    case "unke":
    case "editeverything":
      return [readLong(fields, where)];
  }
}

/** Throws AppError `bad-json`, `bad-request` where there is no record. */
export function recordsOf(text: string, fileName: string): Fields[] {
  const list = /^\s*[[{]/.test(text) ? fromJson(text, fileName) : fromTable(text, fileName);
  if (list.length === 0) throw refuse(fileName, "holds no record");
  if (list.length > MOST_RECORDS) throw refuse(fileName, `holds more than ${MOST_RECORDS} records`);
  return list.map((record, at) => {
    if (isFields(record)) return record;
    throw refuse(`${fileName}, record ${at + 1}`, "is not an object");
  });
}

/** One list, `{"requests": […]}`, one object, or an object per line. */
function fromJson(text: string, fileName: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length > 1 && lines.every((line) => line.trimStart().startsWith("{"))) return lines.map((line, at) => parseLine(line, fileName, at)); // prettier-ignore
    throw new AppError(
      "bad-json",
      `${fileName} is not JSON: ${(error as Error).message}.`,
      "Correct that place.",
    );
  }
  if (Array.isArray(parsed)) return parsed;
  const inside = isFields(parsed) ? (parsed["requests"] ?? parsed["data"]) : undefined;
  return Array.isArray(inside) ? inside : [parsed];
}

function parseLine(line: string, fileName: string, at: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new AppError("bad-json", `${fileName}, line ${at + 1}, is not JSON: ${(error as Error).message}.`, "Correct that place."); // prettier-ignore
  }
}

/** Columns by other names. */
const COLUMNS: Readonly<Record<string, string>> = {
  target: "target_new",
  new: "target_new",
  true: "target_true",
  old: "target_true",
  paraphrase: "paraphrase_prompts",
  paraphrases: "paraphrase_prompts",
};
/** Columns whose cell is a list of one. */
const LISTS = new Set(["paraphrase_prompts", "answers"]);

/** The first line names the columns. Empty cells are absent fields; tabs separate where the first line has one. */
function fromTable(text: string, fileName: string): readonly unknown[] {
  const tabs = /^[^\n]*\t/.test(text);
  const rows = tabs
    ? text.split(/\r?\n/).filter((line) => line.trim() !== "").map((line) => line.split("\t"))
    : parseCsv(text, fileName); // prettier-ignore
  const [header = [], ...lines] = rows;
  const names = header.map((name) => name.trim().toLowerCase()).map((name) => COLUMNS[name] ?? name);
  if (!names.includes("question") && !names.includes("subject")) {
    throw refuse(fileName, "has no column “subject” or “question”", "The first line names the columns: prompt,subject,target_new or question,answer."); // prettier-ignore
  }
  return lines.map((cells) =>
    Object.fromEntries(
      names.flatMap((name, column) => {
        const cell = cells[column]?.trim() ?? "";
        return cell === "" ? [] : [[name, LISTS.has(name) ? [cell] : cell] as const];
      }),
    ),
  );
}
