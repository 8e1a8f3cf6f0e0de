import { describe, expect, test } from "vitest";
import { createQueue } from "../lib/queue";
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

  test("tell versions apart, also of equal contents, and let a change see what is there", async () => {
    const files = durableFiles(memoryFiles());
    const first = await files.update("x", async (current) => {
      expect(current).toBeUndefined();
      return bytes("same");
    });
    const second = await files.update("x", async (current) => {
      expect([text(current?.content), current?.version]).toEqual(["same", first]);
      return current?.content;
    });
    expect(second).not.toBe(first);
    expect((await files.latest("x"))?.version).toBe(second);
    expect(await files.update("x", async () => undefined)).toBeUndefined();
    expect(await files.latest("x")).toBeUndefined();
  });

  test.each([0, 1])("are whole or gone when removing them stops after %i slots", async (stopAfter) => {
    const inner = memoryFiles();
    let removed = 0;
    const remove = async (name: string) => {
      if (removed === stopAfter) throw new Error("the tab was closed");
      removed++;
      await inner.remove(name);
    };
    const files = durableFiles({ ...inner, remove });
    for (const content of ["older", "newer"]) await files.write("x", bytes(content));
    await expect(files.remove("x")).rejects.toMatchObject({ code: "storage" });
    expect(text(await files.read("x"))).toBe("newer");
  });

  test("say that the storage is full when it is", async () => {
    const full = () => Promise.reject(new DOMException("quota", "QuotaExceededError"));
    const files = durableFiles({ ...memoryFiles(), write: full });
    await expect(files.write("x", bytes("much"))).rejects.toMatchObject({ details: { full: true } });
  });

  test("let two writers of one name take turns, and each sees the other's content", async () => {
    const raw = memoryFiles();
    const turns = createQueue();
    const tabs = [0, 1].map(() => durableFiles(raw, (_name, job) => turns(job)));
    const append = (tab: number) =>
      tabs[tab]!.update("x", async (current) => bytes(`${text(current?.content) ?? ""}${tab}`));
    await Promise.all([append(0), append(1), append(0), append(1)]);
    expect(text(await tabs[0]!.read("x"))).toBe("0101");
  });

  test.each([0, 33, 40, 43])("notice a flipped bit in byte %i", async (position) => {
    const raw = memoryFiles();
    const files = durableFiles(raw);
    await files.write("x", bytes("good"));
    (await raw.read("x.a"))![position]! ^= 1;
    expect(await files.read("x")).toBeUndefined();
  });
});
