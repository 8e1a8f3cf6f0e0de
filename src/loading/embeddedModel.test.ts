/** The model published with the page, served over HTTP and read from disk. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openCheckpoint } from "./checkpoint";
import { openEmbeddedModel } from "./embeddedModel";
import { readFactSubjects } from "./factSubjects";
import { parseManifest } from "./manifest";
import { nodeEmbeddedModel, nodeModelFiles } from "./nodeModelFiles";
import { startBadServer, type BadServer } from "./testing/badServer";

const PUBLIC = resolve(import.meta.dirname, "../../public/models");
const NAME = "tiny-facts2-gpt2";
const ORIGINAL = resolve(import.meta.dirname, "../../tests/fixtures/models", NAME);

let server: BadServer;
beforeEach(async () => {
  server = await startBadServer();
  for (const file of readdirSync(`${PUBLIC}/${NAME}`)) {
    server.files.set(`/models/${NAME}/${file}`, new Uint8Array(readFileSync(`${PUBLIC}/${NAME}/${file}`)));
  }
});
afterEach(async () => server.close());

const open = (name = NAME) => openEmbeddedModel(`${server.baseUrl}/models/${name}/`);

describe("the embedded model", () => {
  test("is its original in half precision", async () => {
    const embedded = await openCheckpoint((await open()).files);
    const original = await openCheckpoint(await nodeModelFiles(ORIGINAL));
    expect([...embedded.tensorNames.keys()].sort()).toEqual([...original.tensorNames.keys()].sort());
    expect(embedded.tokenizer).toEqual(original.tokenizer);
    for (const [name, { dtype }] of embedded.tensorNames) {
      expect(dtype).toBe("F16");
      const [half, exact] = [await embedded.readTensor(name), await original.readTensor(name)];
      const isRounded = exact.every(
        (value, i) => Math.abs(value - half[i]!) <= Math.abs(value) * 2 ** -11 + 2 ** -25,
      );
      expect(isRounded).toBe(true);
    }
  });

  test("says what it is before anything else is fetched", async () => {
    const { manifest } = await open();
    expect(manifest).toMatchObject({
      name: NAME,
      family: "gpt2",
      layers: 6,
      parameters: 786_048,
      licence: "MIT",
    });
    expect(server.requests.map(({ path }) => path)).toEqual([`/models/${NAME}/manifest.json`]);
  });

  test("is the same from disk, and its manifest is true", async () => {
    const { manifest, files } = await nodeEmbeddedModel(`${PUBLIC}/${NAME}`);
    expect(manifest).toEqual((await open()).manifest);
    const { files: served } = await open();
    for (const [name, source] of files) {
      const [disk, http] = await Promise.all([source, served.get(name)!].map((s) => s.read(0, s.size)));
      expect(Buffer.from(disk!).equals(http!)).toBe(true);
    }
  });

  test("knows the subjects of its facts, as the trained model's own list has them", async () => {
    const subjects = await readFactSubjects((await open()).files);
    const { facts } = JSON.parse(readFileSync(`${ORIGINAL}/facts.json`, "utf8")) as {
      facts: { subject: string }[];
    };
    expect(subjects).toEqual([...new Set(facts.map(({ subject }) => subject))]);
    expect(await readFactSubjects(await nodeModelFiles(ORIGINAL))).toEqual(subjects);
  });

  test("fetches each file once", async () => {
    const { files } = await open();
    await Promise.all([openCheckpoint(files), openCheckpoint(files)]);
    const paths = server.requests.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test("survives a broken connection", async () => {
    const { files } = await open();
    server.faults.set(`/models/${NAME}/model.safetensors`, [{ kind: "cut", bytes: 1000 }]);
    await expect(openCheckpoint(files)).resolves.toMatchObject({ format: "safetensors" });
  });
});

describe("what is refused", () => {
  test("a file other than the manifest describes", async () => {
    const path = `/models/${NAME}/model.safetensors`;
    const changed = server.files.get(path)!.slice();
    changed[changed.length - 1]! ^= 1;
    server.files.set(path, changed);
    await expect(openCheckpoint((await open()).files)).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("model.safetensors") as string,
    });
  });

  test("a name that does not exist", async () => {
    await expect(open("nothing")).rejects.toMatchObject({ code: "model-not-found" });
  });

  test.each([
    ["files", "x", "bad-json"],
    ["files", [{ name: "../x", bytes: 1, sha256: "0".repeat(64) }], "unsafe-reference"],
    ["files", [{ name: "x", bytes: -1, sha256: "0".repeat(64) }], "bad-json"],
    ["files", [{ name: "x", bytes: 1, sha256: "zz" }], "bad-json"],
    ["parameters", "many", "bad-json"],
    ["licence", null, "bad-json"],
  ])("a manifest whose %s is %j", (key, value, code) => {
    const good = JSON.parse(readFileSync(`${PUBLIC}/${NAME}/manifest.json`, "utf8")) as Record<
      string,
      unknown
    >;
    expect(() => parseManifest({ ...good, [key]: value })).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});
