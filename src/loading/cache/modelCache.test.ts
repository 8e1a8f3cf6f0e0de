/** The cache itself over a folder on disk: complete or not there, resumable, and harmless when storage fails. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ByteSource } from "../byteSource";
import { memorySource } from "../byteSource/memorySource";
import { diskFolder, diskUsage, newDisk, type Disk } from "../testing/diskFolder";
import { seededRandom } from "../testing/mutate";
import { ModelCache, type CachedModel, type ModelToStore } from "./modelCache";
import { Sha256Stream } from "./sha256Stream";

const REF = "hf:someone/model@0123456789abcdef0123456789abcdef01234567";
const CHUNK_BYTES = 1 << 20;
const SIZE = CHUNK_BYTES * 2 + 12_345;

let path: string;
let disk: Disk;
let cache: ModelCache;
/** Bytes read from the sources, by file. */
let read: Map<string, number>;

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const noise = (length: number, seed: number) => {
  const random = seededRandom(seed);
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random.below(2 ** 32));
  return new Uint8Array(words.buffer, 0, length);
};
const weights = noise(SIZE, 1);
const config = noise(500, 2);

function counted(source: ByteSource): ByteSource {
  return {
    ...source,
    read: (start, end, signal) => {
      read.set(source.name, (read.get(source.name) ?? 0) + end - start);
      return source.read(start, end, signal);
    },
  };
}

const model = (ref = REF): ModelToStore => ({
  ref,
  revision: "main",
  licence: "mit",
  files: new Map([
    ["config.json", counted(memorySource("config.json", config))],
    ["model.safetensors", counted(memorySource("model.safetensors", weights))],
  ]),
  hashes: new Map([["model.safetensors", hashOf(weights)]]),
});

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "palimpsest-cache-"));
  disk = newDisk();
  read = new Map();
  cache = new ModelCache(
    diskFolder(path, disk),
    async () => ({ usage: diskUsage(path), quota: disk.quota }),
    CHUNK_BYTES,
  );
});
afterEach(() => rmSync(path, { recursive: true }));

const stored = async (): Promise<CachedModel> => {
  const result = await cache.store(model());
  if ("refused" in result) throw new Error(result.refused);
  return result;
};

async function expectWhole({ files }: CachedModel): Promise<void> {
  const [a, b] = ["config.json", "model.safetensors"].map((name) => files.get(name)!);
  expect(hashOf(await a!.read(0, a!.size))).toBe(hashOf(config));
  expect(hashOf(await b!.read(0, b!.size))).toBe(hashOf(weights));
}

describe("keeping a model", () => {
  test("gives it back, byte for byte, also after a restart", async () => {
    await expectWhole(await stored());
    const restarted = new ModelCache(diskFolder(path, disk), async () => ({}), CHUNK_BYTES);
    const found = await restarted.find(REF);
    await expectWhole(found!);
    expect(found).toMatchObject({ ref: REF, revision: "main", licence: "mit", bytes: SIZE + 500 });
  });

  test("reports progress up to the end", async () => {
    const progress: number[] = [];
    await cache.store(model(), { onProgress: ({ done, total }) => progress.push(done / total) });
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test("lists, counts and deletes", async () => {
    await stored();
    await cache.store({ ...model("hf:a/b@1"), files: new Map([["x", memorySource("x", config)]]) });
    expect((await cache.list()).map(({ ref }) => ref).sort()).toEqual(["hf:a/b@1", REF]);
    expect((await cache.usage()).models).toBe(SIZE + 500 + 500);
    await cache.remove(REF);
    await cache.remove(REF);
    expect(await cache.find(REF)).toBeUndefined();
    expect(readdirSync(path)).toHaveLength(1);
  });

  test("names on disk are not the stranger's", async () => {
    await cache.store({
      ...model("hf:../../x@1"),
      files: new Map([["../../evil", memorySource("e", config)]]),
    });
    expect(readdirSync(path)[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(readdirSync(join(path, readdirSync(path)[0]!)).sort()).toEqual(["0", "entry.json", "lock"]);
  });
});

describe("an attempt that breaks off", () => {
  const breakAt = (chunk: number) => {
    disk.beforeWrite = (file, at) => {
      if (file.endsWith("1") && at === chunk * CHUNK_BYTES) throw new Error("the tab was closed");
    };
  };

  test("leaves nothing that counts as a model, and is gone on with", async () => {
    const controller = new AbortController();
    let pieces = 0;
    const onProgress = () => void (++pieces === 5 && controller.abort());
    const attempt = cache.store(model(), { signal: controller.signal, onProgress });
    await expect(attempt).rejects.toMatchObject({ code: "cancelled" });
    expect(await cache.find(REF)).toBeUndefined();
    expect(await cache.list()).toEqual([]);

    read.clear();
    await expectWhole(await stored());
    expect(read.get("model.safetensors")).toBeLessThan(SIZE);
    expect(read.get("config.json")).toBeUndefined();
  });

  test("by a failing disk is refused, not fatal, and leaves nothing behind", async () => {
    breakAt(1);
    expect(await cache.store(model())).toMatchObject({
      refused: expect.stringMatching(/tab was closed/) as string,
    });
    expect(readdirSync(path)).toEqual([]);
  });

  test("with wrong bytes in the part that was there is noticed by the hash", async () => {
    await stored();
    const folder = join(path, readdirSync(path)[0]!);
    rmSync(join(folder, "entry.json"));
    truncateSync(join(folder, "1"), CHUNK_BYTES);
    writeFileSync(join(folder, "1"), noise(CHUNK_BYTES, 3));
    await expect(cache.store(model())).rejects.toMatchObject({ code: "network" });
    expect(statSync(join(folder, "1")).size).toBe(0);
    await expectWhole(await stored());
  });

  test("in the manifest is no model either", async () => {
    await stored();
    const entry = join(path, readdirSync(path)[0]!, "entry.json");
    truncateSync(entry, 50);
    expect(await cache.find(REF)).toBeUndefined();
    await expectWhole(await stored());
  });

  test("so that a file is short is no model", async () => {
    await stored();
    truncateSync(join(path, readdirSync(path)[0]!, "1"), 100);
    expect(await cache.find(REF)).toBeUndefined();
  });
});

describe("storage that refuses", () => {
  test("too little space, as the browser says beforehand: nothing is fetched", async () => {
    disk.quota = SIZE;
    expect(await cache.store(model())).toMatchObject({
      refused: expect.stringMatching(/the model needs 2 MB/) as string,
    });
    expect(read.size).toBe(0);
  });

  test("a disk that is full in the middle, whatever the browser said", async () => {
    disk.quota = CHUNK_BYTES + 1000;
    const hopeful = new ModelCache(
      diskFolder(path, disk),
      async () => ({ usage: 0, quota: 1e12 }),
      CHUNK_BYTES,
    );
    expect(await hopeful.store(model())).toMatchObject({ refused: expect.stringMatching(/full/) as string });
    expect(diskUsage(path)).toBe(0);
  });

  /** Stores the model, and runs `meanwhile` when the first file is stored and before the second one comes. */
  async function storing(meanwhile: () => Promise<unknown>): Promise<[CachedModel, unknown]> {
    let result: unknown;
    const { files, ...rest } = model();
    const source = files.get("model.safetensors")!;
    const slow: ByteSource = {
      ...source,
      read: async (start, end) => {
        result ??= await meanwhile().catch((error: unknown) => error);
        return source.read(start, end);
      },
    };
    const first = await cache.store({ ...rest, files: new Map(files).set("model.safetensors", slow) });
    return [first as CachedModel, result];
  }

  test("two tabs: the second goes on without the cache, the first is not disturbed", async () => {
    const other = new ModelCache(diskFolder(path, disk), async () => ({}), CHUNK_BYTES);
    const [first, second] = await storing(() => other.store(model()));
    expect(second).toMatchObject({ refused: expect.stringMatching(/Another tab/) as string });
    await expectWhole(first);
  });

  test("deleting what another tab is writing is refused with the reason", async () => {
    const [first, deletion] = await storing(() => cache.remove(REF));
    expect(deletion).toMatchObject({ code: "storage" });
    await expectWhole(first);
  });
});

describe("SHA-256 in pieces", () => {
  test("is SHA-256, wherever it is cut", () => {
    const random = seededRandom(7);
    for (let length = 0; length < 300; length++) {
      const bytes = noise(length, length);
      const hash = new Sha256Stream();
      for (let at = 0; at < length;) {
        const end = Math.min(length, at + 1 + random.below(100));
        hash.update(bytes.subarray(at, end));
        at = end;
      }
      expect(hash.digest()).toBe(hashOf(bytes));
    }
  });
});
