import { describe, expect, test } from "vitest";
import { durableFiles, memoryFiles, type RawFiles } from "./durableFiles";

const bytes = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const text = (content: Uint8Array | undefined) => (content ? new TextDecoder().decode(content) : undefined);

/** Files whose next write stops after `length` bytes, as a full disk or a killed tab would make it. */
function failingFiles(): RawFiles & { stopAfter: number | undefined } {
  const inner = memoryFiles();
  return {
    ...inner,
    stopAfter: undefined,
    async write(name, content) {
      if (this.stopAfter === undefined) return inner.write(name, content);
      await inner.write(name, content.slice(0, this.stopAfter));
      throw new Error("no space left");
    },
  };
}

describe("durable files", () => {
  test("give back the last content", async () => {
    const files = durableFiles(memoryFiles());
    expect(await files.read("x")).toBeUndefined();
    for (const content of ["one", "two", "three"]) await files.write("x", bytes(content));
    expect(text(await files.read("x"))).toBe("three");
    await files.remove("x");
    expect(await files.read("x")).toBeUndefined();
  });

  test.each([0, 4, 39, 40, 41])(
    "keep the old content when a write stops after %i bytes",
    async (stopAfter) => {
      const raw = failingFiles();
      const files = durableFiles(raw);
      await files.write("x", bytes("good"));
      raw.stopAfter = stopAfter;
      await expect(files.write("x", bytes("never finished"))).rejects.toMatchObject({ code: "storage" });
      raw.stopAfter = undefined;
      expect(text(await files.read("x"))).toBe("good");
      await files.write("x", bytes("better"));
      expect(text(await files.read("x"))).toBe("better");
    },
  );

  test.each([0, 33, 40, 43])("notice a flipped bit in byte %i", async (position) => {
    const raw = memoryFiles();
    const files = durableFiles(raw);
    await files.write("x", bytes("good"));
    (await raw.read("x.a"))![position]! ^= 1;
    expect(await files.read("x")).toBeUndefined();
  });
});
