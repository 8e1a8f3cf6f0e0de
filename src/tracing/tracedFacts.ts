/**
 * Reads facts to trace from a file in the field's words: `{prompt, subject, attribute}` as in known_1000, or the
 * CounterFact form with `{}` in the prompt and `target_true`. The file is hostile until checked.
 */
import type { TracedFact } from "../domain/trace";
import { AppError } from "../lib/errors";

const ANSWER_FIELDS = ["answer", "attribute", "target_true"] as const;
const MOST_FACTS = 20_000;

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws AppError bad-json, bad-request naming the record */
export function readTracedFacts(text: string, fileName: string): TracedFact[] {
  const list = parse(text, fileName);
  if (!Array.isArray(list) || list.length === 0) throw refuse(fileName, "holds no list of facts");
  if (list.length > MOST_FACTS) throw refuse(fileName, `holds more than ${MOST_FACTS} facts`);
  return list.map((record: unknown, index) => readFact(record, `${fileName}, fact ${index + 1}`));
}

function parse(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AppError(
      "bad-json",
      `${fileName} is not JSON: ${(error as Error).message}.`,
      "Correct that place.",
    );
  }
}

function readFact(record: unknown, where: string): TracedFact {
  if (!isFields(record)) throw refuse(where, "is not an object");
  const rewrite = record["requested_rewrite"];
  const fields = isFields(rewrite) ? rewrite : record;
  const [prompt, subject] = [textOf(fields, "prompt", where), textOf(fields, "subject", where)];
  const answer = answerOf(fields, where);
  const [before, after, ...more] = prompt.split("{}");
  if (more.length > 0) throw refuse(where, "has more than one {} in its prompt");
  if (before === undefined || after === undefined) return { prompt, subject, ...answer };
  // The placeholder says which occurrence is meant, whatever else the prompt holds.
  const span = { start: before.length, end: before.length + subject.length };
  return { prompt: before + subject + after, subject: span, ...answer };
}

function answerOf(fields: Fields, where: string): { answer?: string } {
  const name = ANSWER_FIELDS.find((field) => fields[field] !== undefined);
  if (name === undefined) return {};
  const value = fields[name];
  const text = isFields(value) ? value["str"] : value;
  if (typeof text === "string" && text.trim() !== "") return { answer: text };
  throw refuse(where, `has no text in “${name}”`);
}

function textOf(fields: Fields, name: string, where: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw refuse(where, `has no text in “${name}”`);
}

function refuse(where: string, fault: string): AppError {
  const form = 'A fact is {"prompt": "The capital of {} is", "subject": "France", "attribute": "Paris"}.';
  return new AppError("bad-request", `${where} ${fault}.`, form);
}
