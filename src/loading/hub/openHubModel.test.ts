/** The hub, played by a server that misbehaves on purpose. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../../lib/errors";
import { openCheckpoint } from "../checkpoint";
import { isAllowed } from "../http/networkError";
import { nodeModelFiles } from "../nodeModelFiles";
import { startBadServer, type BadServer, type Fault } from "../testing/badServer";
import { HUGGING_FACE, type HubAccess } from "./hubAccess";
import { openHubModel, type HubModel } from "./openHubModel";

const MODEL = resolve(import.meta.dirname, "../../../tests/fixtures/models/llama");
const SHARDED = `${MODEL}/variants/sharded`;
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY = "someone/tiny-llama";
const LISTING = `/api/models/${REPOSITORY}/revision/main`;
const WEIGHTS = `/${REPOSITORY}/resolve/${COMMIT}/model.safetensors`;
const reference = { repository: REPOSITORY, revision: "main" };

let server: BadServer;
let access: HubAccess;

beforeEach(async () => {
  server = await startBadServer();
  access = {
    baseUrl: server.baseUrl,
    allowedHosts: [server.host],
    policy: { tries: 3, firstWait: 1, stall: 20_000 },
    readAhead: 0,
  };
  publish(readFolder(MODEL, ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]));
});
afterEach(async () => server.close());

function readFolder(folder: string, names = readdirSync(folder)): Map<string, Uint8Array> {
  return new Map(names.map((name) => [name, new Uint8Array(readFileSync(`${folder}/${name}`))]));
}

/** Puts files and their list on the server, as the hub would. */
function publish(files: ReadonlyMap<string, Uint8Array>, more: Record<string, unknown> = {}): void {
  const siblings = [...files].map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    ...(rfilename.endsWith(".safetensors") && {
      lfs: { sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length },
    }),
  }));
  const listing = { sha: COMMIT, gated: false, cardData: { license: "apache-2.0" }, siblings, ...more };
  server.files.set(LISTING, new TextEncoder().encode(JSON.stringify(listing)));
  for (const [name, bytes] of files) server.files.set(`/${REPOSITORY}/resolve/${COMMIT}/${name}`, bytes);
}

const open = async (signal?: AbortSignal): Promise<HubModel> => openHubModel(reference, { access, signal });

/** Reads bytes 100 to 5100 of the weights through the server's faults. */
async function readWeights(...faults: Fault[]): Promise<Uint8Array> {
  const { files } = await open();
  server.requests.length = 0;
  server.faults.set(WEIGHTS, faults);
  return files.get("model.safetensors")!.read(100, 5100);
}

const expected = () => server.files.get(WEIGHTS)!.subarray(100, 5100);

/** Vitest's own comparison takes seconds for large arrays. */
const same = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe("a model on the hub", () => {
  test("opens like the folder it was made from, pinned to the commit", async () => {
    const model = await open();
    expect(model).toMatchObject({ ref: `hf:${REPOSITORY}@${COMMIT}`, commit: COMMIT, licence: "apache-2.0" });
    expect(model.hashes.get("model.safetensors")).toMatch(/^[0-9a-f]{64}$/);
    const [remote, local] = [
      await openCheckpoint(model.files),
      await openCheckpoint(await nodeModelFiles(MODEL)),
    ];
    expect(remote.config).toEqual(local.config);
    expect(remote.tokenizer).toEqual(local.tokenizer);
    for (const name of local.tensorNames.keys()) {
      expect(same(await remote.readTensor(name), await local.readTensor(name))).toBe(true);
    }
    const paths = server.requests.map(({ path }) => path).filter((path) => path !== LISTING);
    expect(paths.every((path) => path.includes(`/resolve/${COMMIT}/`))).toBe(true);
  });

  test("sends no header of its own but Range", async () => {
    await readWeights();
    const ordinary = ["host", "connection", "accept", "accept-encoding", "accept-language", "user-agent"];
    const more = ["sec-fetch-mode", "pragma", "cache-control", "range"];
    for (const { headers } of server.requests) {
      expect(Object.keys(headers).filter((name) => ![...ordinary, ...more].includes(name))).toEqual([]);
    }
    expect(server.requests.map(({ headers }) => headers["range"])).toEqual(["bytes=100-5099"]);
  });

  test("in shards opens with its index", async () => {
    publish(new Map([...readFolder(SHARDED), ...readFolder(MODEL, ["config.json", "tokenizer.json"])]));
    const { files, totalBytes } = await open();
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.tensorNames.size).toBe(30);
    expect(totalBytes).toBeGreaterThan(checkpoint.totalBytes);
  });

  test("that is a GGUF opens too", async () => {
    publish(readFolder(resolve(MODEL, "../../gguf"), ["tiny-llama-mixed.gguf"]));
    expect((await openCheckpoint((await open()).files)).format).toBe("gguf");
  });
});

test("a small model takes few requests when reading ahead", async () => {
  access = { ...access, readAhead: HUGGING_FACE.readAhead };
  const checkpoint = await openCheckpoint((await open()).files);
  for (const name of checkpoint.tensorNames.keys()) await checkpoint.readTensor(name);
  expect(server.requests.filter(({ path }) => path === WEIGHTS)).toHaveLength(1);
});

describe("a connection that breaks", () => {
  test("is taken up where it stopped", async () => {
    const bytes = await readWeights({ kind: "cut", bytes: 1000 }, { kind: "cut", bytes: 2500 });
    expect(bytes).toEqual(expected());
    const ranges = server.requests.map(({ headers }) => headers["range"]);
    expect(ranges).toEqual(["bytes=100-5099", "bytes=1100-5099", "bytes=3600-5099"]);
  });

  test("is given as many tries as it needs while there is progress", async () => {
    const cuts = Array.from({ length: 8 }, () => ({ kind: "cut", bytes: 500 }) as const);
    expect(await readWeights(...cuts)).toEqual(expected());
  });

  test("and goes silent is noticed", async () => {
    access = { ...access, policy: { tries: 20, firstWait: 1, stall: 300 } };
    expect(await readWeights({ kind: "stall", bytes: 700 })).toEqual(expected());
    expect(server.requests[0]!.headers["range"]).toBe("bytes=100-5099");
    expect(server.requests.at(-1)!.headers["range"]).toBe("bytes=800-5099");
  });

  test("without any progress is given up with the reason", async () => {
    const cuts = Array.from({ length: 3 }, () => ({ kind: "cut", bytes: 0 }) as const);
    const error = await failure(readWeights(...cuts));
    expect(error).toMatchObject({ code: "network" });
    expect(error.message).toContain("model.safetensors");
    expect(server.requests).toHaveLength(3);
  });

  test.each([429, 500, 503])("status %i passes", async (status) => {
    expect(await readWeights({ kind: "status", status })).toEqual(expected());
  });

  test("403 with an address that expired, then a fresh one", async () => {
    expect(await readWeights({ kind: "status", status: 403 })).toEqual(expected());
  });

  test("small files are tried again too", async () => {
    const { files } = await open();
    server.faults.set(`/${REPOSITORY}/resolve/${COMMIT}/config.json`, [{ kind: "cut", bytes: 5 }]);
    await expect(openCheckpoint(files)).resolves.toMatchObject({ format: "safetensors" });
  });

  test("no server at all", async () => {
    await server.close();
    expect(await failure(open())).toMatchObject({ code: "network" });
  });
});

describe("an answer that is not what was asked for is refused at once", () => {
  test.each([
    [{ kind: "ignoreRange" }, /ignores range requests/],
    [{ kind: "shiftRange" }, /another range/],
    [{ kind: "wrongTotal" }, /another range/],
    [{ kind: "noContentRange" }, /none stated/],
    [{ kind: "long" }, /more than was asked for/],
    [{ kind: "status", status: 416 }, /416/],
  ] as const)("%j", async (fault, message) => {
    const error = await failure(readWeights(fault));
    expect(error.code).toBe("network");
    expect(error.message).toMatch(message);
    expect(server.requests).toHaveLength(1);
  });

  test("too few bytes, though nothing broke: the rest is asked for", async () => {
    expect(await readWeights({ kind: "short" })).toEqual(expected());
  });

  test("the whole file for the whole file is fine", async () => {
    const { files } = await open();
    const source = files.get("model.safetensors")!;
    server.faults.set(WEIGHTS, [{ kind: "ignoreRange" }]);
    expect(same(await source.read(0, source.size), server.files.get(WEIGHTS)!)).toBe(true);
  });

  test("a small file of another length than the list states", async () => {
    const { files } = await open();
    server.files.set(`/${REPOSITORY}/resolve/${COMMIT}/config.json`, new TextEncoder().encode("{}"));
    expect((await failure(openCheckpoint(files))).message).toMatch(/2 bytes instead of/);
  });

  test("a list without a commit", async () => {
    publish(new Map(), { sha: "main" });
    expect(await failure(open())).toMatchObject({ code: "bad-json" });
  });
});

test("a licence that is no name of one is not passed on", async () => {
  const files = readFolder(MODEL, ["config.json", "model.safetensors"]);
  for (const license of ["<img src=x onerror=alert(1)>", "a\u202eb", 7, ["mit"], "x".repeat(61)]) {
    publish(files, { cardData: { license } });
    expect((await open()).licence).toBeUndefined();
  }
});

describe("an address that expires", () => {
  const signed = (storage: BadServer, key: string): Fault => ({
    kind: "redirect",
    to: `${storage.baseUrl}/weights?key=${key}`,
  });

  test("in the middle of a file: the hub gives a fresh one, and the file goes on where it was", async () => {
    const storage = await startBadServer();
    try {
      access = { ...access, allowedHosts: [server.host, storage.host] };
      storage.files.set("/weights", server.files.get(WEIGHTS)!);
      // The storage breaks off, then refuses the old key, as it does when the signature is too old.
      storage.faults.set("/weights", [
        { kind: "cut", bytes: 1500 },
        { kind: "status", status: 403 },
      ]);
      const bytes = await readWeights(signed(storage, "1"), signed(storage, "2"), signed(storage, "3"));
      expect(bytes).toEqual(expected());
      expect(storage.requests.map(({ headers }) => headers["range"])).toEqual([
        "bytes=100-5099",
        "bytes=1600-5099",
        "bytes=1600-5099",
      ]);
      expect(server.requests).toHaveLength(3);
    } finally {
      await storage.close();
    }
  });

  test("again and again is given up with the status, and the model is not called gated", async () => {
    const storage = await startBadServer();
    try {
      access = { ...access, allowedHosts: [server.host, storage.host] };
      storage.faults.set(
        "/weights",
        Array.from({ length: 9 }, () => ({ kind: "status", status: 403 })),
      );
      const error = await failure(readWeights(...Array.from({ length: 9 }, () => signed(storage, "old"))));
      expect(error).toMatchObject({ code: "network" });
      expect(error.message).toContain("403");
      expect(server.requests.length).toBeLessThan(5);
    } finally {
      await storage.close();
    }
  });
});

describe("redirects", () => {
  test("to a host that is not allowed are refused", async () => {
    const other = await startBadServer();
    try {
      other.files.set("/weights", server.files.get(WEIGHTS)!);
      const error = await failure(readWeights({ kind: "redirect", to: `${other.baseUrl}/weights` }));
      expect(error.code).toBe("network");
      expect(error.message).toContain(`${other.host}, which is not trusted`);
    } finally {
      await other.close();
    }
  });

  test("to an allowed host are followed, with the range", async () => {
    const storage = await startBadServer();
    try {
      access = { ...access, allowedHosts: [server.host, storage.host] };
      storage.files.set("/weights", server.files.get(WEIGHTS)!);
      expect(await readWeights({ kind: "redirect", to: `${storage.baseUrl}/weights` })).toEqual(expected());
      expect(storage.requests[0]!.headers["range"]).toBe("bytes=100-5099");
    } finally {
      await storage.close();
    }
  });

  test.each([
    ["https://huggingface.co/x", true],
    ["https://cas-bridge.xethub.hf.co/x", true],
    ["https://us.aws.cdn.hf.co/x", true],
    ["http://huggingface.co/x", false],
    ["https://huggingface.co.evil.example/x", false],
    ["https://evilhf.co/x", false],
    ["https://hf.co/x", false],
    ["https://cdn.hf.co:8443/x", true],
    ["https://user@evil.example/hf.co", false],
  ])("%s allowed: %s", (url, allowed) => {
    expect(isAllowed(url, HUGGING_FACE.allowedHosts)).toBe(allowed);
  });
});

describe("models that cannot be had are explained", () => {
  const refuse = (status: number, code?: string) => {
    server.faults.set(LISTING, [{ kind: "status", status, headers: code ? { "X-Error-Code": code } : {} }]);
    return failure(open());
  };

  test("unknown or private", async () => {
    const error = await refuse(401, "RepoNotFound");
    expect(error).toMatchObject({ code: "model-not-found" });
    expect(error.message).toMatch(/no public model someone\/tiny-llama/);
  });

  test("gated, as the list says", async () => {
    publish(readFolder(MODEL, ["model.safetensors"]), { gated: "manual" });
    expect((await failure(open())).message).toMatch(/gated/);
  });

  test("gated, as a file's refusal says", async () => {
    const faults = Array.from({ length: 3 }, () => ({
      kind: "status" as const,
      status: 403,
      headers: { "X-Error-Code": "GatedRepo" },
    }));
    expect((await failure(readWeights(...faults))).message).toMatch(/gated/);
  });

  test("without such a revision", async () => {
    expect((await refuse(404, "RevisionNotFound")).message).toMatch(/no revision “main”/);
  });

  test("only pickles, several GGUFs, nothing", async () => {
    publish(new Map([["pytorch_model.bin", new Uint8Array(1)]]));
    expect(await failure(open())).toMatchObject({
      code: "missing",
      message: expect.stringMatching(/pickles/) as string,
    });
    publish(new Map(["a.gguf", "b.gguf"].map((name) => [name, new Uint8Array(1)])));
    expect(await failure(open())).toMatchObject({ code: "unsupported" });
    publish(new Map());
    expect(await failure(open())).toMatchObject({ code: "missing" });
  });

  test.each(["../etc/passwd", "a/b/c", "a", "https://evil.example/x", "a/..", ".a/b"])(
    "%s is no name",
    async (name) => {
      const error = await failure(openHubModel({ repository: name, revision: "main" }, { access }));
      expect(error.code).toBe("usage");
      expect(server.requests).toHaveLength(0);
    },
  );
});

describe("cancelling", () => {
  test("ends a read in the middle", async () => {
    const { files } = await open();
    server.faults.set(WEIGHTS, [{ kind: "stall", bytes: 10 }]);
    const controller = new AbortController();
    const reading = files.get("model.safetensors")!.read(100, 5100, controller.signal);
    setTimeout(() => controller.abort(), 20);
    expect(await failure(reading)).toMatchObject({ code: "cancelled" });
  });

  test("ends the wait between two tries", async () => {
    access = { ...access, policy: { tries: 5, firstWait: 60_000, stall: 1000 } };
    const { files } = await open();
    server.faults.set(WEIGHTS, [{ kind: "status", status: 503 }]);
    const controller = new AbortController();
    const reading = files.get("model.safetensors")!.read(0, 10, controller.signal);
    setTimeout(() => controller.abort(), 30);
    expect(await failure(reading)).toMatchObject({ code: "cancelled" });
  });
});
