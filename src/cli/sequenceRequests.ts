/**
 * What a sequence writes, from a file in any of the field's forms (lib/requests). A benchmark's locality questions are
 * asked as neighbours are: what they say should stay. Its portability questions are single cases' matter.
 */
import { benchmarkNamed, readBenchmark, recogniseCases } from "../lib/requests/readBenchmark";
import type { BenchmarkCase } from "../domain/benchmark";
import type { EditRequest } from "../domain/edit";

/**
 * @param benchmark the form that every record must have; seen from the first record when absent
 * @throws AppError usage for an unknown benchmark; bad-json, bad-request naming the record and the field, also for
 * records without one answer (ConvSent) and for those of another form
 */
export function readSequence(text: string, fileName: string, benchmark: string | undefined): EditRequest[] {
  const cases =
    benchmark === undefined
      ? recogniseCases(text, fileName)
      : readBenchmark(text, fileName, benchmarkNamed(benchmark));
  return cases.map(withLocality);
}

function withLocality({ request, locality }: Pick<BenchmarkCase, "request" | "locality">): EditRequest {
  const kept = locality.flatMap(({ questions }) => questions);
  if (kept.length === 0) return request;
  const neighbours = kept.map(({ prompt, answer }) => ({ prompt, target: answer }));
  return { ...request, neighbours: [...request.neighbours, ...neighbours] };
}
