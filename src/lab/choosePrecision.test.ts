/** Which form a model is kept in, and when it is refused: the shape of Qwen2.5-0.5B on devices of several sizes. */
import { describe, expect, test } from "vitest";
import { qwenHalfBillion } from "../model/testing/qwenHalfBillion";
import { choosePrecision, type PrecisionRequest } from "./choosePrecision";

const config = qwenHalfBillion();
const on = (gigabytes: number, rest: Partial<PrecisionRequest> = {}): PrecisionRequest => ({
  backend: "webgpu",
  limit: { bytes: gigabytes * 1e9, isHard: false },
  dtypes: ["BF16"],
  ...rest,
});
const chosen = (request: PrecisionRequest) => choosePrecision(config, request).memory.precision;

test("float32 where there is room, fewer bits where there is not", () => {
  expect(chosen(on(4))).toBe("float32");
  expect(chosen(on(2))).toBe("float16");
  expect(chosen(on(1.2))).toBe("int8");
});

test("two gigabytes hold the model in 16 bits and in 8, but not in 32", () => {
  const bytes = (precision: "float32" | "float16" | "int8") => {
    const { memory } = choosePrecision(config, on(9, { wanted: precision }));
    return memory.held + memory.loading;
  };
  expect(bytes("float32")).toBeGreaterThan(2e9);
  expect(bytes("float16")).toBeLessThan(1.1e9);
  expect(bytes("int8")).toBeLessThan(0.7e9);
});

test("what keeps the file's own digits goes first", () => {
  expect(chosen(on(2, { dtypes: ["Q8_0"] }))).toBe("int8");
  expect(chosen(on(2, { dtypes: ["Q8_0", "F16"] }))).toBe("float16");
  expect(choosePrecision(config, on(2, { dtypes: ["Q8_0"] })).notice).toMatch(/nothing is lost/);
  expect(choosePrecision(config, on(2, { dtypes: ["F32"] })).notice).toMatch(
    /kept in float16: in float32 the model would take 2\.\d GB of the 2\.0 GB .* rounded/,
  );
  expect(choosePrecision(config, on(4)).notice).toBeUndefined();
});

describe("what cannot fit is refused with numbers and a remedy", () => {
  test("in no form", () => {
    expect(() => chosen(on(0.5))).toThrow(
      expect.objectContaining({
        code: "out-of-memory",
        message: expect.stringMatching(/In int8 the model takes about 6\d\d MB.* 500 MB/) as string,
        details: expect.objectContaining({ limit: 5e8, precision: "int8" }) as unknown,
      }),
    );
  });

  test("in the form asked for, when the limit is certain", () => {
    const limit = { bytes: 1.5e9, isHard: true };
    const request = on(0, { backend: "wasm", limit, wanted: "float32" });
    expect(() => chosen(request)).toThrow(
      expect.objectContaining({
        code: "out-of-memory",
        remedy: expect.stringMatching(/^Load it in/) as string,
      }),
    );
    expect(chosen({ ...request, wanted: "int8" })).toBe("int8");
  });

  test("but against an estimated limit the user's word counts, with a notice", () => {
    const { memory, notice } = choosePrecision(config, on(1, { wanted: "float32" }));
    expect(memory.precision).toBe("float32");
    expect(notice).toMatch(/about 2\.\d GB; this device is expected to have 1\.0 GB/);
  });
});
