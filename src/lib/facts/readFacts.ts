/**
 * Lists of facts from a file or the clipboard: JSON in CounterFact's words, or CSV whose first line names its columns.
 * The text is a stranger's: every field is looked at. What a model makes of a fact is superposition/locateFacts.ts.
 */
import type { Fact } from "../../domain/superposition";
import { AppError } from "../errors";
import { parseCsv } from "./parseCsv";

const MOST_FACTS = 20_000;
const TARGETS = ["target", "target_true", "attribute", "answer"] as const;
const FORM =
  'A fact is {"prompt": "The capital of {} is", "subject": "France"}, or a CSV line under prompt,subject.';

type Fields = Record<string, unknown>;

/** Throws AppError `bad-json`, `bad-request` naming the record. Facts without their subject are left to the analysis. */
export function readFacts(text: string, fileName: string): Fact[] {
  const records = splitRecords(text, fileName);
  return records.map((record, index) => readFact(record, `${fileName}, fact ${index + 1}`));
}

/** The list as it stands, its records not looked at yet. Throws as `readFacts` does. */
export function splitRecords(text: string, fileName: string): readonly unknown[] {
  const records = /^\s*[[{]/.test(text) ? fromJson(text, fileName) : fromCsv(text, fileName);
  if (records.length === 0) throw refuse(fileName, "holds no fact");
  if (records.length > MOST_FACTS) throw refuse(fileName, `holds more than ${MOST_FACTS} facts`);
  return records;
}

function fromJson(text: string, fileName: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new AppError(
      "bad-json",
      `${fileName} is not JSON: ${(error as Error).message}.`,
      "Correct that place.",
    );
  }
  if (Array.isArray(parsed)) return parsed;
  const inside = isFields(parsed) ? (parsed["facts"] ?? parsed["requests"] ?? [parsed]) : undefined;
  if (!Array.isArray(inside)) throw refuse(fileName, "holds no list of facts");
  const relations = isFields(parsed) ? parsed["relations"] : undefined;
  return isFields(relations) ? inside.map((fact: unknown) => withPrompt(fact, relations)) : inside;
}

/** The models' own lists name a relation, whose first template is the prompt. */
function withPrompt(fact: unknown, relations: Fields): unknown {
  if (!isFields(fact) || fact["prompt"] !== undefined || typeof fact["relation"] !== "string") return fact;
  const name = fact["relation"];
  const relation = Object.hasOwn(relations, name) ? relations[name] : undefined;
  const templates = isFields(relation) ? relation["templates"] : undefined;
  return Array.isArray(templates) ? { ...fact, prompt: templates[0] as unknown } : fact;
}

function fromCsv(text: string, fileName: string): Fields[] {
  const [header, ...rows] = parseCsv(text, fileName);
  const names = (header ?? []).map((name) => name.trim().toLowerCase());
  for (const needed of ["prompt", "subject"]) {
    if (!names.includes(needed)) throw refuse(fileName, `has no column “${needed}” in its first line`);
  }
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""])));
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readFact(record: unknown, where: string): Fact {
  if (!isFields(record)) throw refuse(where, "is not an object");
  const rewrite = record["requested_rewrite"];
  const fields = isFields(rewrite) ? rewrite : record;
  const target = targetOf(fields);
  return {
    prompt: textOf(fields, "prompt", where),
    subject: textOf(fields, "subject", where),
    ...(target !== undefined && { target }),
  };
}

function textOf(fields: Fields, name: string, where: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw refuse(where, `has no text in “${name}”`);
}

function targetOf(fields: Fields): string | undefined {
  const name = TARGETS.find((one) => fields[one] !== undefined && fields[one] !== "");
  const value = name && fields[name];
  const text = isFields(value) ? value["str"] : value;
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}

const refuse = (where: string, fault: string): AppError =>
  new AppError("bad-request", `${where} ${fault}.`, FORM);
