/** Numbers as the page writes them. */
import { expect, test } from "vitest";
import { megabytes, parameters, percent, points, probability, remaining } from "./numbers";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

test.each([
  [0, "0.00"],
  [0.84, "0.84"],
  [1, "1.00"],
  [0.0042, "0.004"],
  [0.0001, "<.001"],
])("probability %d is %s", (p, text) => expect(probability(p)).toBe(text));

test.each([
  [0.66, "66 %"],
  [0.042, "4.2 %"],
  [0.994, "99.4 %"],
  [1, "100 %"],
  [0, "0 %"],
  [0.0001, "under 0.1 %"],
])("%d in words is %s", (p, text) => expect(plain(percent(p))).toBe(text));

test.each([
  [0.62, "+62"],
  [-0.031, "−3.1"],
  [0, "+0.0"],
])("a change of %d is %s points", (change, text) => expect(points(change)).toBe(text));

test.each([
  [0.2, "1 s"],
  [59.4, "59 s"],
  [80, "1 min 20 s"],
  [120, "2 min"],
])("%d seconds left are %s", (seconds, text) => expect(plain(remaining(seconds))).toBe(text));

test("sizes", () => {
  expect(plain(megabytes(12_300))).toBe("13 kB");
  expect(plain(megabytes(0))).toBe("0 kB");
  expect(plain(megabytes(1_600_000))).toBe("1.6 MB");
  expect(plain(megabytes(2_000_000_000))).toBe("2.0 GB");
  expect(plain(parameters(786_048))).toBe("0.79 M");
  expect(plain(parameters(135_000_000))).toBe("135 M");
  expect(plain(parameters(1_230_000_000))).toBe("1.2 B");
});
