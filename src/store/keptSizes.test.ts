/** What is remembered of the models looked at: all of it comes back, and nothing else is believed. */
import { expect, test } from "vitest";
import { keepSizes, recallSizes, type SizeEntry } from "./keptSizes";

function storageWith(text: string | null = null) {
  let held = text;
  return { getItem: () => held, setItem: (_: string, value: string) => void (held = value) };
}

const layer = (kurtosis: number) => ({ layer: 2, kurtosis, kurtosisWithout: 1, absoluteMean: 0.1 });
const entry = (kurtosis: number): SizeEntry => ({
  ref: "embedded:a",
  parameters: 7,
  layers: [layer(kurtosis)],
  facts: 128,
  list: "own",
});

test("entries come back, those with a layer that has no kurtosis too", () => {
  const storage = storageWith();
  keepSizes(storage, [entry(3), entry(NaN)]);
  expect(recallSizes(storage)).toEqual([entry(3), entry(NaN)]);
});

test.each([
  "{",
  "{}",
  "[1]",
  JSON.stringify([{ ...entry(3), layers: [] }]),
  JSON.stringify([{ ...entry(3), layers: [{ ...layer(3), kurtosisWithout: "1" }] }]),
])("%s is not believed", (text) => expect(recallSizes(storageWith(text))).toEqual([]));
