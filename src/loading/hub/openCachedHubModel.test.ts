/** The hub through the cache: fetched once, found offline, and loaded past a storage that refuses. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ModelCache } from "../cache/modelCache";
import { openCheckpoint } from "../checkpoint";
import { startBadServer, type BadServer } from "../testing/badServer";
import { diskFolder, diskUsage, newDisk } from "../testing/diskFolder";
import { openCachedHubModel, peekHubModel } from "./openCachedHubModel";

const MODEL = resolve(import.meta.dirname, "../../../tests/fixtures/models/llama");
const NAMES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];
const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";
const reference = { repository: "someone/tiny", revision: "main" };

let server: BadServer;
let path: string;
let cache: ModelCache;
const disk = newDisk();

beforeEach(async () => {
  server = await startBadServer();
  path = mkdtempSync(join(tmpdir(), "palimpsest-hub-"));
  disk.quota = 1e9;
  cache = new ModelCache(diskFolder(path, disk), async () => ({ usage: diskUsage(path), quota: disk.quota }));
  const files = NAMES.map((name) => [name, new Uint8Array(readFileSync(`${MODEL}/${name}`))] as const);
  for (const [name, bytes] of files) server.files.set(`/someone/tiny/resolve/${COMMIT}/${name}`, bytes);
  const siblings = files.map(([rfilename, { length }]) => ({ rfilename, size: length }));
  const listing = new TextEncoder().encode(JSON.stringify({ sha: COMMIT, gated: false, siblings }));
  for (const revision of ["main", "v1"])
    server.files.set(`/api/models/someone/tiny/revision/${revision}`, listing);
});
afterEach(async () => {
  await server.close();
  rmSync(path, { recursive: true });
});

const context = (without = false) => ({
  cache: without ? undefined : cache,
  access: {
    baseUrl: server.baseUrl,
    allowedHosts: [server.host],
    policy: { tries: 2, firstWait: 1, stall: 20_000 },
    readAhead: 0,
  },
});
const open = (revision = "main", { without = false } = {}) =>
  openCachedHubModel({ ...reference, revision }, context(without));
const peek = () => peekHubModel(reference, context());

test("a model is fetched once; afterwards only the list is asked for", async () => {
  const first = await open();
  expect(first.notice).toBeUndefined();
  server.requests.length = 0;
  const second = await open();
  expect(second.ref).toBe(`hf:someone/tiny@${COMMIT}`);
  await expect(openCheckpoint(second.files)).resolves.toMatchObject({ format: "safetensors" });
  expect(server.requests.map(({ path }) => path)).toEqual(["/api/models/someone/tiny/revision/main"]);
});

test("a commit that is kept needs no network at all", async () => {
  await open();
  await server.close();
  const { files, notice } = await open(COMMIT);
  expect(notice).toBeUndefined();
  await expect(openCheckpoint(files)).resolves.toMatchObject({ format: "safetensors" });
});

test("without a network the kept version of the same branch serves, and says so", async () => {
  await open();
  await server.close();
  const { files, notice } = await open();
  expect(notice).toMatch(/cannot be reached; this is the version kept on \d{4}-\d\d-\d\d/);
  await expect(openCheckpoint(files)).resolves.toMatchObject({ format: "safetensors" });
  await expect(open("v1")).rejects.toMatchObject({ code: "network" });
  await expect(open("0".repeat(40))).rejects.toMatchObject({ code: "network" });
});

test("where a version is kept, a hub that does not answer is not waited for", async () => {
  await open();
  await server.close();
  const started = performance.now();
  const { access, ...rest } = context();
  const patient = { ...rest, access: { ...access, policy: { tries: 6, firstWait: 400, stall: 20_000 } } };
  const { notice } = await openCachedHubModel(reference, patient);
  expect(notice).toContain("cannot be reached");
  // All six tries would take twelve seconds.
  expect(performance.now() - started).toBeLessThan(4000);
});

test("wrong bytes of the right length are caught by the hub's hash; nothing counts as kept, and a good copy then is", async () => {
  const weights = `/someone/tiny/resolve/${COMMIT}/model.safetensors`;
  const good = server.files.get(weights)!;
  const sha256 = createHash("sha256").update(good).digest("hex");
  const siblings = NAMES.map((rfilename) => {
    const size = server.files.get(`/someone/tiny/resolve/${COMMIT}/${rfilename}`)!.length;
    return rfilename.endsWith(".safetensors")
      ? { rfilename, size, lfs: { sha256, size } }
      : { rfilename, size };
  });
  const listing = new TextEncoder().encode(JSON.stringify({ sha: COMMIT, gated: false, siblings }));
  server.files.set("/api/models/someone/tiny/revision/main", listing);
  const bad = good.slice();
  bad[bad.length - 1000]! ^= 1;
  server.files.set(weights, bad);
  await expect(open()).rejects.toMatchObject({ code: "network" });
  expect(await cache.list()).toEqual([]);

  server.files.set(weights, good);
  expect((await open()).notice).toBeUndefined();
  expect(await cache.list()).toHaveLength(1);
});

test("a look fetches the list alone and keeps nothing; it knows what is kept", async () => {
  expect(await peek()).toMatchObject({ isKept: false });
  expect(server.requests.map(({ path }) => path)).toEqual(["/api/models/someone/tiny/revision/main"]);
  expect(await cache.list()).toEqual([]);
  await open();
  expect(await peek()).toMatchObject({ isKept: true });
  await server.close();
  expect(await peek()).toMatchObject({
    isKept: true,
    notice: expect.stringMatching(/cannot be reached/) as string,
  });
});

test("a storage that is too small, and none at all, only cost the keeping", async () => {
  disk.quota = 1000;
  for (const without of [false, true]) {
    const { files, notice } = await open("main", { without });
    expect(notice).toMatch(/not kept/);
    await expect(openCheckpoint(files)).resolves.toMatchObject({ format: "safetensors" });
  }
  expect(await cache.list()).toEqual([]);
});
