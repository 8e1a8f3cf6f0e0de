/** Results of the lab that were written as JSON and are read back: is it one, in every part that is drawn? Pure. */
import type { EditResult } from "../domain/edit";
import type { TraceResult } from "../domain/trace";

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isNumberOrNone: Check = (value) => value === null || isNumber(value);
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const shapeOf =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const isStep = shapeOf({ step: isNumber, total: isNumber, targetProbability: isNumber });
const isSide = shapeOf({ pNew: isNumber, pTrue: isNumberOrNone, best: isText });
const KINDS: readonly unknown[] = ["rewrite", "paraphrase", "neighbourhood"];

const isChange = shapeOf({
  method: isText,
  requests: listOf(shapeOf({ subject: isText, prompt: isText, target: isText, loss: listOf(isStep) })),
  probes: listOf(
    shapeOf({
      kind: (kind) => KINDS.includes(kind),
      prompt: isText,
      target: isText,
      before: isSide,
      after: isSide,
    }),
  ),
  generations: listOf(shapeOf({ prompt: isText, before: isText, after: isText })),
  predictedInterference: listOf(shapeOf({ prompt: isText, subject: isText, share: isNumberOrNone })),
  warnings: listOf(isText),
});

export const isEditResult = (value: unknown): value is EditResult => isChange(value);

const isTrace = shapeOf({
  prompt: isText,
  tokens: listOf(shapeOf({ text: isText })),
  subject: shapeOf({ start: isNumber, end: isNumber }),
  answer: shapeOf({ text: isText }),
  clean: isNumber,
  corrupted: isNumber,
  scores: listOf(listOf(isNumber)),
  spread: listOf(listOf(isNumber)),
  warnings: listOf(isText),
});

export const isTraceResult = (value: unknown): value is TraceResult => isTrace(value);
