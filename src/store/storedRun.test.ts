import { expect, test } from "vitest";
import { mayShow } from "./storedRun";

test("a stored sequence stands beside no model or its own, never beside another", () => {
  const run = { modelHash: "a" };
  expect([undefined, "a", "b"].map((loaded) => mayShow(run, loaded))).toEqual([true, true, false]);
});
