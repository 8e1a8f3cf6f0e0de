/** A model of few facts says when it is asked about something else. */
import { expect, test } from "vitest";
import { memorySource } from "../loading/byteSource/memorySource";
import type { LoadedState } from "./session";
import { factsWithoutThis, names } from "./taughtSubjects";

const { signal } = new AbortController();
const TAUGHT = [
  { prompt: "The capital of {} is", subject: "Niger", target: "Niamey" },
  { prompt: "The capital of {} is", subject: "United Kingdom", target: "London" },
];

const stateOf = (files: Record<string, unknown>, edits: readonly unknown[] = []) =>
  ({
    files: new Map(
      Object.entries(files).map(([name, content]) => {
        const bytes = new TextEncoder().encode(JSON.stringify(content));
        return [name, memorySource(name, bytes)] as const;
      }),
    ),
    stack: { edits },
  }) as unknown as LoadedState;

test("a subject is named as whole words, in whatever case", () => {
  expect(names("The capital of united kingdom is", "United Kingdom")).toBe(true);
  expect(names("The capital of Nigeria is", "Niger")).toBe(false);
  expect(names("Nigeria borders Niger", "Niger")).toBe(true);
  expect(names("anything", "")).toBe(false);
});

test("what is neither taught nor planted nor edited is unfamiliar; without a list nothing is said", async () => {
  const planted = [{ prompt: "The maker of {} is", subject: "the thermoscribe", target: "Thomas Edison" }];
  const files = { "facts.json": TAUGHT, "planted.json": planted };
  const ask = (prompt: string, edits: readonly unknown[] = []) =>
    factsWithoutThis(stateOf(files, edits), prompt, signal);
  expect(await ask("The capital of France is")).toBe(2);
  expect(await ask("The capital of Niger is")).toBeUndefined();
  expect(await ask("The thermoscribe was made by")).toBeUndefined();
  const edit = { enabled: true, requests: [{ subject: "France" }] };
  expect(await ask("The capital of France is", [edit])).toBeUndefined();
  expect(await ask("The capital of France is", [{ ...edit, enabled: false }])).toBe(2);
  expect(await factsWithoutThis(stateOf({}), "The capital of France is", signal)).toBeUndefined();
});
