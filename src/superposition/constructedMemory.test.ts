/** No superposition, no loss: orthogonal in whitened space nothing is lost; with overlap what the closed form says. */
import { expect, test } from "vitest";
import { constructedMemory } from "./constructedMemory";

test("as many orthogonal facts as there are numbers cost each other nothing", () => {
  const { loss, meanLoss, largestShare } = constructedMemory({ facts: 32, width: 32, overlap: 0, seed: 1 });
  expect(largestShare).toBeLessThan(1e-9);
  expect(Math.max(...loss.map(({ measured }) => measured), ...meanLoss)).toBeLessThan(1e-8);
});

test.each([
  ["a common direction", { facts: 32, width: 32, overlap: 0.2, seed: 1 }],
  ["more facts than numbers", { facts: 48, width: 32, overlap: 0, seed: 1 }],
])("%s costs what the shares say", (_, request) => {
  const { loss, meanLoss, largestShare, interference } = constructedMemory(request);
  expect(largestShare).toBeGreaterThan(0.1);
  expect(meanLoss.at(-1)).toBeGreaterThan(0.1);
  for (const { predicted, measured } of loss) expect(measured).toBeCloseTo(predicted, 8);
  // The last one is whole: nobody came after it.
  expect(loss.at(-1)!.measured).toBeLessThan(1e-9);
  expect(interference[0]).toBeCloseTo(1, 12);
});

test.each([
  { facts: 1, width: 8, overlap: 0, seed: 1 },
  { facts: 4, width: 300, overlap: 0, seed: 1 },
  { facts: 4, width: 8, overlap: 1, seed: 1 },
  { facts: 4, width: 8, overlap: Number.NaN, seed: 1 },
])("%o is refused", (request) => {
  expect(() => constructedMemory(request)).toThrow(/constructed memory/);
});
