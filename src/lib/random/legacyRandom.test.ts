/** Against values published by numpy (RandomState) and the fixtures' first normals. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { legacyRandom } from "./legacyRandom";

const take = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);

describe("seed 1", () => {
  test("integers of RandomState(1)", () => {
    expect(take(5, legacyRandom(1).integer32)).toEqual([
      0x6ac1f425, 0xff4780eb, 0xb8672f8c, 0xeebc1448, 0x00077eff,
    ]);
  });

  test("doubles of RandomState(1).random_sample, to the last bit", () => {
    const expected = [0.417022004702574, 0.7203244934421581, 0.00011437481734488664, 0.30233257263183977];
    expect(take(4, legacyRandom(1).uniform)).toEqual(expected);
  });

  test("normals of RandomState(1).randn, and the thousandth is still right", () => {
    const normals = take(1000, legacyRandom(1).normal);
    [1.62434536, -0.611756414, -0.528171752, -1.07296862].forEach((value, i) =>
      expect(normals[i]).toBeCloseTo(value, 8),
    );
    const last = [-2.2772979966603657, -0.06962453945512911, 0.35387042688284037, -0.18695501653274957];
    last.forEach((value, i) => expect(normals[996 + i]).toBeCloseTo(value, 14));
  });

  test("the 16 normals that the causal fixtures state", () => {
    const file = "tests/fixtures/editing/tiny-facts2-gpt2/causal_1/case.json";
    const { random } = JSON.parse(readFileSync(file, "utf8")) as { random: { first_16_normals: number[] } };
    const normals = take(16, legacyRandom(1).normal);
    random.first_16_normals.forEach((value, i) => expect(normals[i]).toBeCloseTo(value, 8));
  });
});

test("MT19937 as published: the first and the ten-thousandth integer of seed 5489", () => {
  const integers = take(10_000, legacyRandom(5489).integer32);
  expect(integers[0]).toBe(3499211612);
  expect(integers[9999]).toBe(4123659995);
});

test("seeds are unsigned: the largest gives numpy's doubles, then normals", () => {
  const random = legacyRandom(4294967295);
  expect(take(2, random.uniform)).toEqual([0.0976320289940138, 0.9123828453026218]);
  const [first, second] = take(2, random.normal);
  expect(first).toBeCloseTo(0.6484086742306527, 14);
  expect(second).toBeCloseTo(0.6693235306338161, 14);
});

test("two generators do not share anything", () => {
  const one = legacyRandom(7);
  one.normal();
  expect(legacyRandom(7).uniform()).toBe(legacyRandom(7).uniform());
});
