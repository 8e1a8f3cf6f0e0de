import { expect, test } from "vitest";
import { namedFaults } from "./namedFaults";

test("every fault is one line, however long the fact is, and letters stay whole", () => {
  const long = "🌍 ".repeat(400);
  const facts = [
    { prompt: "{} is", subject: long },
    { prompt: "{} is", subject: long },
    { prompt: "It is", subject: "Peru" },
  ];
  const skip = {
    index: 2,
    ...facts[2]!,
    reason: "subject-not-in-prompt",
    message: "It is missing.",
  } as const;
  const lines = namedFaults({ skipped: [skip], sameKeys: [{ index: 1, of: 0, kind: "duplicate" }] }, facts);
  expect(lines[0]).toBe("Left out: fact 3 (“Peru”): It is missing.");
  expect(lines[1]).toMatch(/^Twice in the list: fact 2 \(“(🌍 )+…”\) is fact 1 again\.$/u);
  expect(lines[1]!.length).toBeLessThan(200);
});
