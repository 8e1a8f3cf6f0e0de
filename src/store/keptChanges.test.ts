/** What an edit changed comes back with that edit, and with no other. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EditResult } from "../domain/edit";
import { parseStored } from "./gallery";
import { keepChanges, recallChanges } from "./keptChanges";
import { stackOf } from "./testing/fakeLab";

const shipped: unknown = JSON.parse(readFileSync("public/examples/stored.json", "utf8"));

const madeOn = (created: string): EditResult => {
  const { edit } = parseStored(shipped)!;
  const stack = stackOf([true]);
  stack.edits[0]!.created = created;
  return { ...edit, stack, editId: "e1" };
};

function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    kept,
  };
}

test("it comes back although the edit has another id now", () => {
  const store = storage();
  const result = madeOn("2026-11-21T10:00:00Z");
  keepChanges(store, result);
  const stack = stackOf([false, true]);
  stack.edits[1]!.created = "2026-11-21T10:00:00Z";
  expect(recallChanges(store, stack)).toMatchObject({ editId: "e2", probes: result.probes });
});

test("it does not come back with another edit, or on another model", () => {
  const store = storage();
  keepChanges(store, madeOn("2026-11-21T10:00:00Z"));
  const other = stackOf([true]);
  other.edits[0]!.created = "2026-11-21T10:00:01Z";
  expect(recallChanges(store, other)).toBeUndefined();
  const elsewhere = stackOf([true]);
  elsewhere.edits[0]!.created = "2026-11-21T10:00:00Z";
  elsewhere.edits[0]!.base = { modelHash: "another", below: 0 };
  expect(recallChanges(store, elsewhere)).toBeUndefined();
});

test("what is not a result in every part is left where it is", () => {
  const store = storage();
  const result = madeOn("now");
  keepChanges(store, result);
  const [key, text] = [...store.kept][0]!;
  for (const damaged of ["", "{", "null", "[]", text.replace('"probes":[', '"probes":[3,')]) {
    store.kept.set(key, damaged);
    expect(recallChanges(store, result.stack)).toBeUndefined();
  }
});

test("a full disk is no trouble", () => {
  const setItem = (): never => {
    throw new DOMException("full", "QuotaExceededError");
  };
  expect(() => keepChanges({ setItem }, madeOn("now"))).not.toThrow();
});
