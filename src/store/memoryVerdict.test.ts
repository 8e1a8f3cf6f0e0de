/** Which form of a model is expected on a device, and when it is said not to fit. */
import { expect, test } from "vitest";
import type { ModelMemory, Precision } from "../domain/model";
import { memoryVerdict } from "./memoryVerdict";

const of = (precision: Precision, held: number): ModelMemory => ({
  precision,
  weights: held,
  held,
  loading: 10,
});
const estimates = [of("float32", 990), of("float16", 490), of("int8", 240)];
const within = (bytes: number) =>
  memoryVerdict({ backend: "wasm", estimates, limit: { bytes, isHard: true } });

test.each([
  [2000, "yes", "float32", 1000],
  [1200, "yes", "float16", 500],
  [400, "yes", "int8", 250],
  [300, "tight", "int8", 250],
  [200, "no", "int8", 250],
] as const)("within %d bytes: %s, as %s", (limit, fit, precision, bytes) => {
  expect(within(limit)).toEqual({ fit, precision, bytes });
});
