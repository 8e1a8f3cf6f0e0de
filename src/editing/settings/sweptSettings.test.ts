import { expect, test } from "vitest";
import { METHODS } from "../methods/methods";
import { readWith } from "./sharedSettings";
import table from "./swept.json";

const ROWS = table as unknown as { family: string; layers: number; residualWidth: number; methods: Record<string, Record<string, unknown>> }[]; // prettier-ignore

test("what a sweep found is the default on its model, and settings that the method takes", () => {
  for (const { methods, ...shape } of ROWS) {
    for (const [name, found] of Object.entries(methods)) {
      const { settings } = METHODS.find((method) => method.name === name)!;
      const read = readWith(settings, {}, shape);
      expect(read.settings).toMatchObject(found);
      expect(readWith(settings, read.settings, shape)).toEqual({ settings: read.settings, notes: [] });
    }
  }
  expect(new Set(ROWS.map(({ family, layers, residualWidth }) => `${family} ${layers} ${residualWidth}`)).size).toBe(ROWS.length); // prettier-ignore
});
