import { expect, test } from "vitest";
import { nearest } from "./nearest";

test.each([
  ["promt", ["prompt", "subject"], "prompt"],
  ["V_LR", ["v_lr", "v_weight_decay"], "v_lr"],
  ["zebra", ["prompt", "subject"], undefined],
  ["", [], undefined],
])("nearest to %j of %j is %j", (word, known, expected) => expect(nearest(word, known)).toBe(expected));
