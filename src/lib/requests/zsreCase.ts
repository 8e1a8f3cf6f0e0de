/**
 * zsRE in MEND's form (algorithms.md 19.2). As ROME's, MEMIT's and AlphaEdit's loaders have it: the model is taught the
 * true answer, one rephrasing is asked, and a question of another data set should be answered as before. Pure.
 */
import type { BenchmarkCase, QuestionGroup } from "../../domain/benchmark";
import { firstText, isFields, refuseUnknown, text, type Fields } from "./fields";
import { placeSubject } from "./placeSubject";

const ACCEPTED = new Set([
  ...["subject", "src", "pred", "rephrase", "alt", "answers", "loc", "loc_ans", "cond"],
  ...["portability", "case_id", "id", "relation"],
]);

export const isZsre = (fields: Fields): boolean => "src" in fields && "answers" in fields;

export function readZsre(fields: Fields, where: string): Omit<BenchmarkCase, "id"> {
  refuseUnknown(fields, where, ACCEPTED);
  const placed = placeSubject(text(fields, "src", where), text(fields, "subject", where));
  const locality =
    fields["loc"] === undefined
      ? []
      : [
          {
            kind: "NQ",
            questions: [{ prompt: `${text(fields, "loc", where)}?`, answer: text(fields, "loc_ans", where) }],
          },
        ];
  return {
    request: {
      ...placed,
      targetNew: firstText(fields["answers"], "answers", where),
      paraphrases: fields["rephrase"] === undefined ? [] : [text(fields, "rephrase", where)],
      neighbours: [],
    },
    portability: portability(fields["portability"], where),
    locality,
    generate: [],
  };
}

/** EasyEdit's file adds one question that follows from the answer. */
function portability(value: unknown, where: string): QuestionGroup[] {
  if (!isFields(value)) return [];
  const question = { prompt: text(value, "New Question", where), answer: text(value, "New Answer", where) };
  return [{ kind: "Reasoning", questions: [question] }];
}
