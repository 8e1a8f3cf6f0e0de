/** Which updates are said to change nothing. */
import { expect, test } from "vitest";
import type { UpdateSummary } from "../domain/edit";
import { unheardWarnings } from "./unheardUpdates";

const update = (layer: number, relativeNorm: number): UpdateSummary => ({
  weight: `blocks.${layer}.mlpOut`,
  rank: 1,
  norm: relativeNorm,
  relativeNorm,
});

test("an edit in a silent MLP is named with the layer to go to, whatever its size", () => {
  const [sentence, ...others] = unheardWarnings([update(0, 0), update(3, 0.1)], [0, 1], 2);
  expect(sentence).toMatch(/^The MLP of layer 0 writes nothing .* Layer 2 is this model’s default\.$/u);
  expect(others).toEqual([]);
  expect(unheardWarnings([update(1, 0.5), update(0, 0)], [0, 1], 2)[0]).toContain(
    "layers 1, 0 write nothing",
  );
});

test("an edit that is heard, and one that changes no weights, are passed over", () => {
  expect(unheardWarnings([update(2, 0.02), update(3, 0)], [0, 1], 2)).toEqual([]);
  expect(unheardWarnings([], [0], 2)).toEqual([]);
});

test("an update that rounds away is named in any layer", () => {
  expect(unheardWarnings([update(2, 1e-9)], [], 2)[0]).toMatch(/^This edit changes nothing/u);
});
