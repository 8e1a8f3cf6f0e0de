/** What an edit is to write: one request from the options, or a file of many in any of the field's forms. */
import { basename } from "node:path";
import type { EditRequest } from "../domain/edit";
import { AppError } from "../lib/errors";
import { recogniseRequests } from "../lib/requests/readBenchmark";
import { readRequests } from "../lib/requests/readRequests";
import type { Options } from "./arguments";
import { readInput } from "./openModel";

/** Throws AppError `usage`, `bad-json`, `bad-request` naming the record and the field. */
export async function readEditRequests(options: Options): Promise<EditRequest[]> {
  const file = options.text("requests");
  const [prompt, subject, target] = [options.text("prompt"), options.text("subject"), options.text("target")];
  if (file !== undefined) {
    if (prompt ?? subject ?? target)
      throw new AppError("usage", "Give either --requests or --prompt, --subject, --target.");
    return recogniseRequests(new TextDecoder().decode(await readInput(file)), basename(file)).requests;
  }
  if (prompt === undefined || subject === undefined || target === undefined) {
    throw new AppError("usage", "An edit needs --prompt, --subject and --target, or --requests FILE.");
  }
  return readRequests(JSON.stringify({ prompt, subject, target_new: target }), "The command line");
}
