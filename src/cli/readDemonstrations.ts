/** Examples for methods around the model, from a file in EasyEdit's words. */
import { basename } from "node:path";
import { z } from "zod";
import type { DemonstrationRecord } from "../domain/edit";
import { AppError } from "../lib/errors";
import { readInput } from "./openModel";

const text = z.string().min(1).max(10_000);

/** `subject` and `other_prompt` (another question about it) are the lab's own: SERAC's classifier reads them. */
const record = z.strictObject({
  prompt: text,
  target_new: text,
  rephrase_prompt: text.exactOptional(),
  locality_prompt: text.exactOptional(),
  locality_ground_truth: text.exactOptional(),
  subject: text.exactOptional(),
  other_prompt: text.exactOptional(),
});

/** Throws AppError `usage` naming the first field that is wrong. */
export async function readDemonstrations(path: string): Promise<DemonstrationRecord[]> {
  const file = basename(path);
  const parsed = z
    .array(record)
    .min(1)
    .max(5000)
    .safeParse(parse(await readInput(path), file));
  if (parsed.success) return parsed.data.map(toDemonstration);
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "the list";
  const sentence = `${file}: ${field} is wrong (${issue?.message ?? "unreadable"}).`;
  throw new AppError("usage", sentence, "See docs/methods.md.");
}

function parse(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new AppError("usage", `${file} is no JSON.`, "Give a list of examples.");
  }
}

function toDemonstration(from: z.infer<typeof record>): DemonstrationRecord {
  const { rephrase_prompt: paraphrase, locality_prompt: beside, locality_ground_truth: answer } = from;
  return {
    prompt: from.prompt,
    target: from.target_new,
    ...(paraphrase !== undefined && { paraphrase }),
    ...(beside !== undefined && answer !== undefined && { neighbour: { prompt: beside, answer } }),
    ...(from.subject !== undefined && { subject: from.subject }),
    ...(from.other_prompt !== undefined && { other: from.other_prompt }),
  };
}
