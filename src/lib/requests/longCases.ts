/**
 * Questions with long answers: UnKEBench, EditEverything, and AKEW as AnyEdit's loaders have it (algorithms.md 19.4 to
 * 19.6). Sub-questions and triplets are portability. Pure.
 */
import type { BenchmarkCase, QuestionGroup } from "../../domain/benchmark";
import type { EditRequest } from "../../domain/edit";
import { firstText, isFields, records, refuse, target, text, texts, type Fields } from "./fields";
import { readRequest } from "./readRequests";

type Case = Omit<BenchmarkCase, "id">;

/** AnyEdit asks the first five triplets that a paragraph states. */
const TRIPLETS = 5;

export const isUnke = (fields: Fields): boolean =>
  "question" in fields && ("para_question" in fields || "sub_question" in fields);
export const isEditEverything = (fields: Fields): boolean => "question" in fields && "answer" in fields;

/** UnKEBench and EditEverything. */
export function readLong(fields: Fields, where: string): Case {
  const questions = texts(fields["sub_question"], "sub_question", where);
  const answers = texts(fields["sub_answer"], "sub_answer", where);
  if (questions.length !== answers.length) throw refuse(where, `has ${questions.length} sub-questions and ${answers.length} answers to them`); // prettier-ignore
  const category = fields["category"];
  return {
    request: readRequest(fields, where),
    portability: group("Sub-questions", questions.map((prompt, at) => ({ prompt, answer: answers[at]! }))),
    locality: [],
    generate: [],
    ...(typeof category === "string" && { category }),
  }; // prettier-ignore
}

/** Of AKEW's rewrites MQuAKE-CF has a list; the first one is edited, as AnyEdit does. */
export function isAkew(fields: Fields): boolean {
  const rewrite = firstRewrite(fields);
  return isFields(rewrite) && "fact_new_uns" in rewrite;
}

const firstRewrite = (fields: Fields): unknown => [fields["requested_rewrite"]].flat()[0];

export function readAkew(fields: Fields, where: string): Case {
  const rewrite = firstRewrite(fields);
  if (!isFields(rewrite)) throw refuse(where, "has no rewrite with a paragraph in “fact_new_uns”");
  const chained = Array.isArray(fields["requested_rewrite"]);
  const question = text(rewrite, chained ? "question" : "prompt_full", where).trimEnd();
  const paraphrases = chained
    ? []
    : texts(fields["paraphrase_prompts"], "paraphrase_prompts", where).slice(0, 1);
  const request: EditRequest = { prompt: "{}", subject: question, targetNew: text(rewrite, "fact_new_uns", where), paraphrases, neighbours: [] }; // prettier-ignore
  const triplets = records(rewrite["unsfact_triplets_GPT"], "unsfact_triplets_GPT", where).slice(0, TRIPLETS);
  const stated = triplets.map((item) => ({
    prompt: text(item, "prompt", where).replace("{}", () => text(item, "subject", where)),
    answer: target(item["target"], "target", where),
  }));
  return {
    request,
    portability: [...group("Triplets", stated), ...hops(fields, where)],
    locality: [],
    generate: [],
  };
}

/** Chains of facts, where only one of them is edited: else the answer needs edits that nobody makes. */
function hops(fields: Fields, where: string): QuestionGroup[] {
  const rewrites = fields["requested_rewrite"];
  if (!Array.isArray(rewrites) || rewrites.length !== 1 || fields["new_answer"] === undefined) return [];
  const answer = firstText(fields["new_answer"], "new_answer", where);
  return group("Hops", texts(fields["questions"], "questions", where).map((prompt) => ({ prompt, answer }))); // prettier-ignore
}

const group = (kind: string, questions: QuestionGroup["questions"]): QuestionGroup[] =>
  questions.length === 0 ? [] : [{ kind, questions }];
