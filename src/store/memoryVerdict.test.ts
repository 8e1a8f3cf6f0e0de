/** When a model is said to fit, to be tight, or not to fit. */
import { expect, test } from "vitest";
import type { ModelMemory, Precision } from "../domain/model";
import type { ExpectedMemory } from "../domain/modelInspection";
import { memoryVerdict } from "./memoryVerdict";

const of = (precision: Precision, held: number): ModelMemory => ({
  precision,
  weights: held,
  held,
  loading: 10,
});
const estimates = [of("float32", 990), of("float16", 490), of("int8", 240)];

const within = (bytes: number, chosen: ModelMemory | undefined): ExpectedMemory => ({
  backend: "wasm",
  limit: { bytes, isHard: true },
  estimates,
  chosen,
  refusal: undefined,
  notice: undefined,
});

test("the form that would be chosen is judged", () => {
  expect(memoryVerdict(within(1400, estimates[0]), undefined)).toEqual({ fit: "yes", memory: estimates[0] });
  expect(memoryVerdict(within(300, estimates[2]), undefined)).toEqual({ fit: "tight", memory: estimates[2] });
});

test("or the one the user asks for", () => {
  expect(memoryVerdict(within(1100, estimates[1]), "float32")).toEqual({
    fit: "tight",
    memory: estimates[0],
  });
  expect(memoryVerdict(within(900, estimates[1]), "float32")).toEqual({ fit: "no", memory: estimates[0] });
});

test("when none fits, the smallest shows by how much", () => {
  expect(memoryVerdict(within(200, undefined), undefined)).toEqual({ fit: "no", memory: estimates[2] });
});
