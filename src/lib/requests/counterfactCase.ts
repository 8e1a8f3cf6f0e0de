/** CounterFact (algorithms.md 19.1): a rewrite with paraphrases, neighbours that share the true answer, beginnings. Pure. */
import type { BenchmarkCase } from "../../domain/benchmark";
import { texts, type Fields } from "./fields";
import { readRequest } from "./readRequests";

export const isCounterfact = (fields: Fields): boolean =>
  typeof fields["requested_rewrite"] === "object" && !Array.isArray(fields["requested_rewrite"]);

export const readCounterfact = (fields: Fields, where: string): Omit<BenchmarkCase, "id"> => ({
  request: readRequest(fields, where),
  portability: [],
  locality: [],
  generate: texts(fields["generation_prompts"], "generation_prompts", where),
});
