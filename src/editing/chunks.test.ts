/** How a long answer is cut: every token once, whatever the cut; sentences end chunks in any script; bad cuts are refused. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../model/tokenizer/tokenizer";
import { chunksAt, chunksOf, lookupOf, windowChunks, type Chunk } from "./chunks";

const open = (name: string) => {
  const json = (file: string) =>
    JSON.parse(readFileSync(`tests/fixtures/models/${name}/${file}`, "utf8")) as unknown;
  return createTokenizer({ tokenizer: json("tokenizer.json"), config: json("tokenizer_config.json") });
};

/** What every chunk adds to the ones before it, joined: the whole answer and nothing twice. */
const covered = (chunks: readonly Chunk[]): number[] =>
  chunks.flatMap(({ start, end, overlap }) =>
    Array.from({ length: end - start - overlap }, (_, i) => start + overlap + i),
  );

describe("windows", () => {
  test.each([
    [10, 4, 0],
    [12, 4, 0],
    [10, 4, 1],
    [13, 6, 2],
    [64, 16, 6],
    [3, 8, 0],
    [9, 1, 0],
  ])("%i tokens by %i with an overlap of %i hold every token once", (length, window, overlap) => {
    const chunks = windowChunks(length, window, overlap);
    expect(covered(chunks)).toEqual([...Array(length).keys()]);
    chunks.forEach(({ start, end }, at) => {
      expect(start).toBe(at * (window - overlap));
      expect(end - start).toBeLessThanOrEqual(window);
    });
  });

  test("a last window with nothing new is dropped, or slips by one token as published", () => {
    const [dropped, published] = [windowChunks(64, 16, 6), windowChunks(64, 16, 6, "published")];
    expect(published.slice(0, -1)).toEqual(dropped);
    expect(published.at(-1)).toEqual({ start: 60, end: 64, overlap: 6, slipped: true });
    // The fixture's question has eleven tokens.
    expect(published.slice(-2).map((chunk) => lookupOf(11, chunk))).toEqual([60, 71]);
  });

  test("an overlap as wide as the window leaves nothing", () =>
    expect(() => windowChunks(10, 4, 4)).toThrow(expect.objectContaining({ code: "bad-request" })));
});

describe.each(["tiny-facts2-gpt2", "tiny-facts2-llama"])("sentences, by the tokenizer of %s", (name) => {
  const tokenizer = open(name);
  const cut = (text: string) => {
    const answer = tokenizer.encode(text, { specials: false }).ids;
    const chunks = chunksOf(tokenizer, { answerText: text, answer }, undefined, { chunking: "sentences" });
    expect(covered(chunks)).toEqual([...answer.keys()]);
    return chunks.map(({ start, end }) => tokenizer.decode([...answer.subarray(start, end)]).trim());
  };

  test.each([
    [" It rains. The sun shines! Does it?", ["It rains.", "The sun shines!", "Does it?"]],
    [" One line without an end", ["One line without an end"]],
    [" 他来了。她走了！谁在那里？", ["他来了。", "她走了！", "谁在那里？"]],
    [" Дождь идёт. Солнце светит.", ["Дождь идёт.", "Солнце светит."]],
  ])("%j", (text, expected) => expect(cut(text)).toEqual(expected));

  test("the end of the text belongs to the last one", () => {
    const text = " It rains. The sun shines.";
    const ids = Int32Array.from([...tokenizer.encode(text, { specials: false }).ids, tokenizer.eosIds[0]!]);
    const chunks = chunksOf(tokenizer, { answerText: text, answer: ids }, undefined, { chunking: "sentences" }); // prettier-ignore
    expect(chunks).toHaveLength(2);
    expect(chunks[1]!.end).toBe(ids.length);
  });

  test("borders of the user's own go before both", () => {
    const text = " It rains. The sun shines.";
    const answer = tokenizer.encode(text, { specials: false }).ids;
    const own = chunksOf(tokenizer, { answerText: text, answer }, [1], { chunking: "sentences" });
    expect(own.map(({ start }) => start)).toEqual([0, 1]);
    for (const cuts of [[0], [2, 1], [1.5], [answer.length]])
      expect(() => chunksAt(answer.length, cuts)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});
