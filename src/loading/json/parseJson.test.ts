import { describe, expect, test } from "vitest";
import { parseJson, type JsonOptions } from "./parseJson";

const parse = (text: string, options?: JsonOptions) =>
  parseJson(new TextEncoder().encode(text), "x.json", options);
const codeOf = (text: string, options?: JsonOptions): unknown => {
  try {
    parse(text, options);
    return undefined;
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

test("good JSON is what JSON.parse says", () => {
  for (const text of ['{"a":[1,{"b":"}]"}],"c":"\\"","d":{}}', "[]", '"x"', " 1 ", '{"a":{"a":{"a":1}}}']) {
    expect(parse(text)).toEqual(JSON.parse(text));
  }
});

describe("duplicate keys", () => {
  test.each([
    ['{"a":1,"a":2}', "duplicate"],
    ['{"a":1,"\\u0061":2}', "duplicate"],
    ['{"x":{"a":1,"b":{},"a":[]}}', "duplicate"],
    ['{"__proto__":1,"__proto__":2}', "duplicate"],
    ['{"a" : 1 , "a"\n:2}', "duplicate"],
    ['{"a":"a","b":"a"}', undefined],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a":{"a":1}}', undefined],
    ['{"a":["a","a"]}', undefined],
    ['{"a:":1,"a":2}', undefined],
  ])("%s: %s", (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test("may be kept, as JSON.parse does", () => {
    expect(parse('{"a":1,"a":2}', { duplicates: "keep" })).toEqual({ a: 2 });
  });
});

test("depth is limited before anything is built", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(codeOf(nested(64))).toBeUndefined();
  expect(codeOf(nested(65))).toBe("limit");
  expect(codeOf("[".repeat(1_000_000))).toBe("limit");
  expect(codeOf(`["${"[".repeat(1000)}"]`)).toBeUndefined();
});

test.each(["", "{", '{"a":}', "NaN", "{'a':1}", "[1,]", '"', "\ufeff{}", '{"a":1}x', "]", '"\\'])(
  "%j is refused as JSON",
  (text) => {
    expect(codeOf(text)).toBe("bad-json");
  },
);

test("bytes that are not UTF-8 are refused", () => {
  expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]), "x.json")).toThrow(/UTF-8/);
});

test("a key named __proto__ changes no prototype", () => {
  const value = parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
  expect(Object.hasOwn(value, "__proto__")).toBe(true);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});
