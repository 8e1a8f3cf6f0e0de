import { expect, test } from "vitest";
import { addressOf, placeOf } from "./placeStore";

test("the address names the workspace, and the first one needs no name", () => {
  expect(placeOf("?w=compare")).toBe("compare");
  expect(placeOf("")).toBe("trace");
  expect(addressOf("compare", "", "")).toBe("?w=compare");
  expect(addressOf("trace", "?w=compare", "")).toBe("./");
});

test("going to another workspace keeps the question in the hash and what else the address says", () => {
  expect(addressOf("compare", "?debug=1", "#prompt=a")).toBe("?debug=1&w=compare#prompt=a");
  expect(addressOf("trace", "?debug=1&w=compare", "#prompt=a")).toBe("?debug=1#prompt=a");
});
