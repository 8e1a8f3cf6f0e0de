/**
 * KnowEdit (algorithms.md 19.3; arXiv 2401.01286): WikiData_recent, WikiData_counterfact and ZsRE share one form; WikiBio
 * and Sanitation have their own. ConvSent changes a tone and has no one answer: it is refused by name. Pure.
 */
import type { BenchmarkCase, BenchmarkQuestion, QuestionGroup } from "../../domain/benchmark";
import { firstText, isFields, records, refuse, refuseUnknown, text, type Fields } from "./fields";
import { placeSubject } from "./placeSubject";

type Case = Omit<BenchmarkCase, "id">;

const ACCEPTED = new Set([
  ...["subject", "prompt", "target_new", "ground_truth", "rephrase_prompt", "rephrase", "cond"],
  ...["portability", "locality", "case_id", "id", "relation", "relation_id", "target_new_description"],
]);
const BIOGRAPHY = new Set(["text", "labels", "concept", "locality", "case_id", "id"]);
const SANITATION = new Set(["success", "locality", "case_id", "id"]);
const CONVSENT = 'ConvSent changes a tone, {"ent", "pos", "neg"}; eval takes benchmarks with one answer';

export const isKnowEdit = (fields: Fields): boolean =>
  ("prompt" in fields &&
    (isFields(fields["portability"]) || isFields(fields["locality"]) || "rephrase_prompt" in fields)) ||
  ("text" in fields && "labels" in fields && "concept" in fields) ||
  Array.isArray(fields["success"]) ||
  ("ent" in fields && "pos" in fields);

/** One case, or one per question of a Sanitation record. */
export function readKnowEdit(fields: Fields, where: string): Case[] {
  if ("ent" in fields && "pos" in fields)
    throw refuse(where, `is of ConvSent (${CONVSENT})`, "Leave it out.");
  if ("success" in fields) return readSanitation(fields, where);
  return ["concept" in fields ? readBiography(fields, where) : readFact(fields, where)];
}

function readFact(fields: Fields, where: string): Case {
  refuseUnknown(fields, where, ACCEPTED);
  const rephrased = fields["rephrase_prompt"] ?? fields["rephrase"];
  const paraphrases = rephrased === undefined ? [] : [rephrased].flat().map((one) => firstText(one, "rephrase_prompt", where)); // prettier-ignore
  return {
    request: {
      ...placeSubject(text(fields, "prompt", where), text(fields, "subject", where)),
      targetNew: firstText(fields["target_new"], "target_new", where),
      paraphrases,
      neighbours: [],
    },
    portability: groups(fields["portability"], "portability", where),
    locality: groups(fields["locality"], "locality", where),
    generate: [],
  };
}

/** A passage to be continued by one sentence. */
function readBiography(fields: Fields, where: string): Case {
  refuseUnknown(fields, where, BIOGRAPHY);
  return {
    request: {
      ...placeSubject(text(fields, "text", where), text(fields, "concept", where)),
      targetNew: firstText(fields["labels"], "labels", where),
      paraphrases: [],
      neighbours: [],
    },
    portability: [],
    locality: groups(fields["locality"], "locality", where),
    generate: [],
  };
}

function readSanitation(fields: Fields, where: string): Case[] {
  refuseUnknown(fields, where, SANITATION);
  const kept = records(fields["locality"], "locality", where).map((item) => ({ prompt: text(item, "question", where), answer: firstText(item["ground_truth"], "ground_truth", where) })); // prettier-ignore
  return records(fields["success"], "success", where).map((item) => ({
    request: {
      prompt: "{}",
      subject: text(item, "question", where).trimEnd(),
      targetNew: firstText(item["target_new"], "target_new", where),
      paraphrases: [],
      neighbours: [],
    },
    portability: [],
    locality: kept.length === 0 ? [] : [{ kind: "Retained", questions: kept }],
    generate: [],
  }));
}

/** `{"Reasoning": [{"prompt", "ground_truth"}], …}`, each with the first alias. Questions without a truth say nothing. */
function groups(value: unknown, name: string, where: string): QuestionGroup[] {
  if (value === undefined || value === null) return [];
  if (!isFields(value)) throw refuse(where, `needs an object of lists in “${name}”`);
  return Object.entries(value)
    .map(([kind, items]) => ({
      kind,
      questions: records(items, `${name}.${kind}`, where).flatMap((item) => question(item, where)),
    })) // prettier-ignore
    .filter(({ questions }) => questions.length > 0);
}

function question(item: Fields, where: string): BenchmarkQuestion[] {
  const truth = item["ground_truth"];
  let leaf: unknown = truth;
  while (Array.isArray(leaf)) leaf = leaf[0] as unknown;
  if (leaf === undefined || leaf === null || leaf === "") return [];
  return [{ prompt: text(item, "prompt", where).trimEnd(), answer: firstText(truth, "ground_truth", where) }];
}
