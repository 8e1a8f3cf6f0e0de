/** A sequence reads every form that single cases do, keeps what should stay, and refuses by name what has no one answer. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { BENCHMARKS, type BenchmarkName } from "../domain/benchmark";
import { readBenchmark } from "../lib/requests/readBenchmark";
import { readSequence } from "./sequenceRequests";

const sample = (name: BenchmarkName): string =>
  readFileSync(resolve(import.meta.dirname, `../../tests/fixtures/benchmarks/${name}.json`), "utf8");

describe("requests of a sequence", () => {
  test.each(BENCHMARKS)("from %s are its cases', with the locality questions as neighbours", (name) => {
    const cases = readBenchmark(sample(name), name, name);
    for (const named of [undefined, name]) {
      const requests = readSequence(sample(name), name, named);
      expect(requests.map(({ neighbours: _, ...request }) => request)).toEqual(
        cases.map(({ request: { neighbours: __, ...request } }) => request),
      );
      expect(requests.map(({ neighbours }) => neighbours)).toEqual(
        cases.map(({ request, locality }) => [
          ...request.neighbours,
          ...locality.flatMap(({ questions }) =>
            questions.map(({ prompt, answer }) => ({ prompt, target: answer })),
          ),
        ]),
      );
    }
  });

  test("ask zsRE's other question and KnowEdit's related ones", () => {
    const [first] = readSequence(sample("zsre"), "z", undefined);
    expect(first!.neighbours[0]).toMatchObject({ prompt: "nq question: the capital of Portugal is?" });
    const knowEdit = readSequence(sample("knowedit"), "k", undefined);
    expect(knowEdit.filter(({ neighbours }) => neighbours.length > 0).length).toBeGreaterThan(1);
  });

  test("may be a table or the lab's own words", () => {
    const table = "prompt,subject,target_new\nThe capital of {} is,Peru,Oslo\n";
    const own = [{ prompt: "The capital of {} is", subject: "Peru", target_new: "Oslo" }];
    for (const text of [table, JSON.stringify(own), JSON.stringify({ requests: own })]) {
      expect(readSequence(text, "r", undefined)).toMatchObject([{ subject: "Peru", targetNew: "Oslo" }]);
    }
  });

  test("of another form, without one answer or of no known benchmark are refused by name", () => {
    expect(() => readSequence(sample("zsre"), "z.json", "counterfact")).toThrow(
      "z.json, record 1 is no record of counterfact but of zsre.",
    );
    const tone = JSON.stringify([{ ent: "Peru", pos: ["good"], neg: ["bad"] }]);
    expect(() => readSequence(tone, "c.json", undefined)).toThrow(/record 1 is of ConvSent/u);
    expect(() => readSequence(sample("zsre"), "z", "squad")).toThrow(/There is no benchmark “squad”/u);
    expect(() => readSequence('[{"prompt": "It is"}]', "x.json", undefined)).toThrow(/x.json, request 1/u);
  });
});
