/**
 * Reads edit requests in the field's own words (CounterFact, zsRE and this lab's fixtures). The file is hostile
 * until checked: every field is looked at, unknown ones are refused by name.
 */
import type { EditRequest, Neighbour } from "../../domain/edit";
import { AppError } from "../errors";
import { isFields, refuse, refuseUnknown, target, text, texts, type Fields } from "./fields";

/** Fields that other programs write and this one has no use for. */
const IGNORED = [
  "case_id",
  "fact_id",
  "id",
  "relation",
  "relation_id",
  "pararel_idx",
  "known_id",
  "attribute_prompts",
];
const IGNORED_TOO = ["generation_prompts", "source", "kind", "template"];
const KNOWN = ["prompt", "subject", "target_new", "target_true", "paraphrase_prompts", "neighborhood"];
const KNOWN_TOO = ["neighborhood_prompts", "requested_rewrite"];
const ACCEPTED = new Set([...KNOWN, ...KNOWN_TOO, ...IGNORED, ...IGNORED_TOO]);

/** Records of UnKEBench and EditEverything: a question and its long answer; sub-questions are for evaluation. */
const LONG_ACCEPTED = new Set([
  ...["question", "answer", "para_question", "id", "case_id", "category", "sub_question", "sub_answer"],
]);

/** Most requests one file may hold. */
const MOST_REQUESTS = 20_000;

/** Reads `text` as one request, a list of them, or `{requests: [...]}`. @throws AppError bad-request, bad-json */
export function readRequests(text: string, fileName: string): EditRequest[] {
  const parsed = parseJson(text, fileName);
  const list = Array.isArray(parsed)
    ? parsed
    : isFields(parsed)
      ? (parsed["requests"] ?? [parsed])
      : undefined;
  if (!Array.isArray(list)) throw refuse(fileName, "holds neither a request nor a list of requests");
  if (list.length === 0) throw refuse(fileName, "holds no request");
  if (list.length > MOST_REQUESTS) throw refuse(fileName, `holds more than ${MOST_REQUESTS} requests`);
  return list.map((record: unknown, index) => readRequest(record, `${fileName}, request ${index + 1}`));
}

/** One record of such a file. `where` names it in errors. */
export function readRequest(record: unknown, where: string): EditRequest {
  if (!isFields(record)) throw refuse(where, "is not an object");
  if (record["question"] !== undefined) return readLongRequest(record, where);
  const rewrite = record["requested_rewrite"];
  const fields: Fields = isFields(rewrite) ? { ...record, ...rewrite } : record;
  refuseUnknown(fields, where, ACCEPTED);
  const request: EditRequest = {
    prompt: withPlaceholder(text(fields, "prompt", where), text(fields, "subject", where), where),
    subject: text(fields, "subject", where),
    targetNew: target(fields["target_new"], "target_new", where),
    paraphrases: texts(fields["paraphrase_prompts"], "paraphrase_prompts", where),
    neighbours: neighbours(fields["neighborhood"] ?? fields["neighborhood_prompts"], fields, where),
  };
  if (fields["target_true"] !== undefined)
    request.targetTrue = target(fields["target_true"], "target_true", where);
  return request;
}

/** The whole question stands in the subject's place, so that methods for long targets ask it as it is. */
function readLongRequest(fields: Fields, where: string): EditRequest {
  refuseUnknown(fields, where, LONG_ACCEPTED);
  const paraphrase = fields["para_question"];
  return {
    prompt: "{}",
    subject: text(fields, "question", where).trimEnd(),
    targetNew: target(fields["answer"], "answer", where),
    paraphrases: paraphrase === undefined ? [] : [text(fields, "para_question", where).trimEnd()],
    neighbours: [],
  };
}

/** EasyEdit writes the subject out; the lab wants exactly one `{}`. */
function withPlaceholder(prompt: string, subject: string, where: string): string {
  const template = prompt.includes("{}") ? prompt : prompt.split(subject).join("{}");
  if (template.split("{}").length !== 2) {
    throw refuse(where, `needs exactly one {} in its prompt for the subject “${subject}”`);
  }
  return template;
}

function parseJson(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError(
      "bad-json",
      `${fileName} is not JSON: ${(error as Error).message}.`,
      "Correct that place.",
    );
  }
}

/** Prompts alone share the request's true target, as CounterFact's neighbours do. */
function neighbours(value: unknown, request: Fields, where: string): Neighbour[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw refuse(where, "needs a list in “neighborhood”");
  return value.map((item: unknown): Neighbour => {
    if (typeof item === "string") {
      const shared = request["target_true"];
      return shared === undefined
        ? { prompt: item }
        : { prompt: item, target: target(shared, "target_true", where) };
    }
    if (!isFields(item)) throw refuse(where, "has a neighbour that is neither a text nor an object");
    const neighbour: Neighbour = { prompt: text(item, "prompt", where) };
    if (item["subject"] !== undefined) neighbour.subject = text(item, "subject", where);
    if (item["target"] !== undefined) neighbour.target = target(item["target"], "target", where);
    return neighbour;
  });
}
