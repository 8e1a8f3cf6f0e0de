/**
 * A pasted or opened list of facts, row by row: what can be read is kept, every other row is named with its fault.
 * JSON and CSV as readFacts.ts has them; besides, plain lines with the subject in braces: `The capital of {France} is = Paris`.
 */
import type { Fact } from "../../domain/superposition";
import { AppError } from "../errors";
import { readFacts, splitRecords } from "./readFacts";

/** `row` counts from 1, as a person would. */
export type RowFault = { row: number; message: string };
export type FactRowsRead = { facts: Fact[]; faults: RowFault[] };

/** Throws AppError `bad-json`, `bad-request` where the text as a whole is no list. */
export function readFactRows(text: string, name: string): FactRowsRead {
  const records = isPlain(text) ? undefined : splitRecords(text, name);
  const rows = records ?? text.split(/\r?\n/u).filter((line) => line.trim() !== "");
  const found: FactRowsRead = { facts: [], faults: [] };
  rows.forEach((row, at) => {
    try {
      found.facts.push(typeof row === "string" ? readLine(row) : readFacts(JSON.stringify([row]), name)[0]!);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.faults.push({ row: at + 1, message: error.message.replace(/^.*?, fact 1 /u, "It ") });
    }
  });
  return found;
}

/** No JSON, and a first line that names no columns. */
function isPlain(text: string): boolean {
  if (/^\s*[[{]/u.test(text) && !/^\s*\{[^"}]+\}/u.test(text)) return false;
  const [header = ""] = text.trimStart().split(/\r?\n/u);
  return !header
    .toLowerCase()
    .split(",")
    .some((column) => column.trim().replaceAll('"', "") === "prompt");
}

/** `The capital of {France} is = Paris`; the answer may be left out. */
function readLine(line: string): Fact {
  const braces = [...line.matchAll(/\{([^{}]*)\}/gu)];
  const [first] = braces;
  const fault = (what: string): AppError =>
    new AppError("bad-request", what, "The capital of {France} is = Paris");
  if (first === undefined) throw fault("It has no {subject} in braces.");
  if (braces.length > 1) throw fault("It has more than one pair of braces.");
  const subject = first[1]!.trim();
  if (subject === "") throw fault("Its braces are empty.");
  const end = first.index + first[0].length;
  const equals = line.indexOf("=", end);
  const after = equals < 0 ? line.slice(end) : line.slice(end, equals);
  const target = equals < 0 ? "" : line.slice(equals + 1).trim();
  const prompt = `${line.slice(0, first.index)}{}${after}`.trim();
  return { prompt, subject, ...(target === "" ? {} : { target }) };
}
