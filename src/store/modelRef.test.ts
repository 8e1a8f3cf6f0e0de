/** Names as people type them and links carry them. */
import { expect, test } from "vitest";
import { modelName, parseHubName, sourceOf } from "./modelRef";

test.each([
  ["openai-community/gpt2", "openai-community/gpt2", "main"],
  ["  hf:a/b@v1.0 ", "a/b", "v1.0"],
  ["https://huggingface.co/a/b", "a/b", "main"],
  ["huggingface.co/a/b/", "a/b", "main"],
  ["https://huggingface.co/a/b/tree/refs/pr/1", "a/b", "refs/pr/1"],
])("%j is a model of the hub", (text, repository, revision) => {
  expect(parseHubName(text)).toEqual({ repository, revision });
});

test.each(["", "gpt2", "a/b/c", "https://example.com/a/b", "a b/c", "javascript:alert(1)"])(
  "%j is none",
  (text) => expect(parseHubName(text)).toBeUndefined(),
);

test("a reference names its source, save for files", () => {
  expect(sourceOf("embedded:tiny")).toEqual({ kind: "embedded", name: "tiny" });
  expect(sourceOf("hf:a/b@0123")).toEqual({ kind: "hub", repository: "a/b", revision: "0123" });
  expect(sourceOf("SmolLM2.Q4_1.gguf")).toBeUndefined();
  expect(sourceOf("embedded:../x")).toBeUndefined();
});

test("a model is called by its own name", () => {
  expect(modelName("hf:a/b@0123")).toBe("a/b");
  expect(modelName("C:\\models\\x.gguf")).toBe("x");
  expect(modelName("embedded:tiny")).toBe("tiny");
});
