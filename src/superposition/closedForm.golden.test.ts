/** Many edits in closed form against float64 runs: what each wrote, what they add up to, and when nothing is lost. */
import { describe, expect, test } from "vitest";
import { factorSpd } from "../linalg/solveSpd";
import {
  accumulatedInterference,
  coefficientOf,
  interferenceCoefficient,
  interferenceOnEdit,
  recall,
  writeInTurn,
} from "./closedForm";
import { isHere, largestDifference, LIFELONG_CASES, openLifelongCase } from "./testing/superpositionCases";

describe.each(LIFELONG_CASES)("%s", (name) => {
  const here = isHere(name);
  const open = () => {
    const { tensors, columns, values } = openLifelongCase(name);
    const [keys, targets, probes] = [columns("keys"), columns("values"), columns("probes")];
    const leftKeys = tensors.has("left_keys") ? columns("left_keys") : keys;
    const c = factorSpd(values("C"), keys[0]!.length);
    const edits = keys.map((key, at) => ({ key, value: targets[at]!, leftKey: leftKeys[at]! }));
    const base = values("W0");
    const scale = values("delta").reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return { columns, values, keys, probes, c, base, scale, ...writeInTurn(base, c, edits) };
  };

  test.runIf(here)("writes what the closed form writes", () => {
    const { columns, values, written, weight, scale } = open();
    columns("delta").forEach((delta, at) =>
      expect(largestDifference(written[at]!.delta, delta)).toBeLessThan(1e-9 * scale),
    );
    expect(largestDifference(weight, values("W_final"))).toBeLessThan(1e-9 * scale);
  });

  test.runIf(here)("p of every edit on every probe, and its sum, which is what was measured", () => {
    const { columns, values, written, probes, weight, base, scale } = open();
    const p = Float64Array.from(written.flatMap((edit) => probes.map((probe) => coefficientOf(edit, probe))));
    expect(largestDifference(p, values("p_original"))).toBeLessThan(1e-9);
    columns("predicted_original").forEach((stored, at) => {
      const predicted = accumulatedInterference(written, probes[at]!);
      const before = recall(base, probes[at]!);
      const measured = recall(weight, probes[at]!).map((value, row) => value - before[row]!);
      expect(largestDifference(predicted, stored)).toBeLessThan(1e-9 * scale);
      expect(largestDifference(predicted, measured)).toBeLessThan(1e-9 * scale);
    });
  });

  test.runIf(here)("earlier edits are disturbed by later ones alone", () => {
    const { columns, values, written, keys, weight, scale } = open();
    const p = Float64Array.from(written.flatMap((edit) => keys.map((key) => coefficientOf(edit, key))));
    expect(largestDifference(p, values("p_edited"))).toBeLessThan(1e-9);
    columns("predicted_edited").forEach((stored, at) => {
      const predicted = interferenceOnEdit(written, at);
      const target = columns("values")[at]!;
      const missed = recall(weight, keys[at]!).map((value, row) => value - target[row]!);
      expect(largestDifference(predicted, stored)).toBeLessThan(1e-9 * scale);
      expect(largestDifference(predicted, missed)).toBeLessThan(1e-9 * scale);
    });
  });

  test.runIf(here && /orthogonal/.test(name))("no superposition, no loss", () => {
    const { c, keys, probes, weight, base, written, scale, columns } = open();
    for (const x of keys) {
      for (const y of keys) {
        if (x !== y) expect(Math.abs(interferenceCoefficient(c, x, y))).toBeLessThan(1e-6);
      }
    }
    keys.forEach((key, at) =>
      expect(largestDifference(recall(weight, key), columns("values")[at]!)).toBeLessThan(1e-6 * scale),
    );
    if (name !== "lifelong-orthogonal") return;
    for (const probe of probes) {
      expect(largestDifference(recall(weight, probe), recall(base, probe))).toBeLessThan(1e-12 * scale);
      expect(Math.max(...written.map((edit) => Math.abs(coefficientOf(edit, probe))))).toBe(0);
    }
  });
});

test("keys at right angles as they are may still disturb each other: what counts is whitened space", () => {
  // C couples the two axes: x and y are orthogonal, x̃ and ỹ are not.
  const c = factorSpd(Float64Array.of(2, 1, 1, 2), 2);
  const [x, y] = [Float64Array.of(1, 0), Float64Array.of(0, 1)];
  expect(interferenceCoefficient(c, x, y)).toBeCloseTo(-0.5, 12);
  expect(interferenceCoefficient(c, x, x)).toBeCloseTo(1, 12);
  expect(interferenceCoefficient(c, x, Float64Array.of(1, 2))).toBeCloseTo(0, 12);
});
