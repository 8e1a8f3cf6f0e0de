/** Every measure in words, with the bounds it is held against. */
import { expect, test } from "vitest";
import { damageMeasure, levelOf, worstLevel } from "../../lib/damageLevels";
import { levelSentence, measureBounds, measureName, measureValue } from "./damageWords";

test.each([
  ["neighbours", 0.88, "worn", "88.0\u00a0% kept"],
  ["facts", 1.4, "sound", "100\u00a0% kept"],
  ["drift", 0.0002, "sound", "under 0.001 nats"],
  ["norm", 5, "broken", "500\u00a0%"],
] as const)("%s at %d is %s", (kind, value, level, words) => {
  const measure = damageMeasure(kind, value, 7);
  expect(measure.level).toBe(level);
  expect(measureValue(measure)).toBe(words);
  expect(measureName(measure)).not.toBe("");
  expect(measureBounds(measure)).toMatch(/^amber .* red /u);
});

test("perplexity is told as a multiple, and the worst measure is the light", () => {
  const measure = damageMeasure("perplexity", 1.2, 100, { base: 10, now: 12 });
  expect(measureValue(measure)).toBe("× 1.20 (10.0 → 12.0)");
  expect(worstLevel([measure, damageMeasure("drift", 0, 1)])).toBe("worn");
  expect(worstLevel([])).toBe("sound");
  expect(levelOf("perplexity", Number.NaN)).toBe("broken");
  expect(levelOf("perplexity", Number.POSITIVE_INFINITY)).toBe("broken");
});

test("a weight that moved far is not called a loss, unless something was lost as well", () => {
  const norm = damageMeasure("norm", 2, 7);
  const facts = damageMeasure("facts", 0.9, 24);
  expect(levelSentence({ level: "worn", measures: [norm] })).toContain("answered as before");
  expect(levelSentence({ level: "worn", measures: [norm, facts] })).toContain("begun to change");
  expect(levelSentence({ level: "sound", measures: [damageMeasure("norm", 0.1, 7)] })).toContain("hardly");
});
