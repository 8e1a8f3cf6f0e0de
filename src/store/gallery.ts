/** The examples that come with the page, and one finished result to show before any model is loaded. */
import type { EditRequest, EditResult, Neighbour } from "../domain/edit";
import type { TraceResult } from "../domain/trace";
import { isEditResult, isObject, isTraceResult } from "./storedResults";

export type Example = {
  id: string;
  category: string;
  /** Exactly one `{}` where the subject stands. */
  template: string;
  subject: string;
  answer: string;
  /** A false answer of the same kind, to write instead. */
  target: string;
  /** Where its trace and edit lie, computed before: a path under examples/. */
  stored: string;
  paraphrases: readonly string[];
  neighbours: readonly Neighbour[];
};

export type Gallery = { model: string; examples: readonly Example[] };

/** A trace and an edit computed by the lab's command line and stored with the page. */
export type StoredResult = { example: string; trace: TraceResult; edit: EditResult };

function isExample(value: unknown): value is Example {
  if (!isObject(value)) return false;
  const texts = [
    value.id,
    value.category,
    value.template,
    value.subject,
    value.answer,
    value.target,
    value.stored,
  ];
  return (
    texts.every((text) => typeof text === "string") &&
    [value.paraphrases, value.neighbours].every(Array.isArray)
  );
}

/** Undefined when the file is not a gallery: the page then does without. */
export function parseGallery(json: unknown): Gallery | undefined {
  if (!isObject(json) || typeof json.model !== "string" || !Array.isArray(json.examples)) return undefined;
  return { model: json.model, examples: json.examples.filter(isExample) };
}

export function parseStored(json: unknown): StoredResult | undefined {
  if (!isObject(json) || typeof json.example !== "string") return undefined;
  const { example, trace, edit } = json;
  return isTraceResult(trace) && isEditResult(edit) ? { example, trace, edit } : undefined;
}

/** The stored result of an example; undefined where it cannot be had, which costs only the first look. */
export async function fetchStored({ stored }: Example): Promise<StoredResult | undefined> {
  if (!/^(?:stored\/)?[\w-]+\.json$/u.test(stored)) return undefined;
  try {
    const response = await fetch(new URL(`examples/${stored}`, document.baseURI));
    return response.ok ? parseStored(await response.json()) : undefined;
  } catch {
    return undefined;
  }
}

export function promptOf(example: Example): { text: string; subject: { start: number; end: number } } {
  const start = example.template.indexOf("{}");
  const text = example.template.replace("{}", () => example.subject);
  return { text, subject: { start, end: start + example.subject.length } };
}

/** An example as a request with its probes. */
export function requestOf(example: Example): EditRequest {
  const { template, subject, target, answer, paraphrases, neighbours } = example;
  return { prompt: template, subject, targetNew: target, targetTrue: answer, paraphrases, neighbours };
}
