/** A look at models that are only on a server, and at files at hand: what is read, and what is not. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { peekHubModel } from "../loading/hub/openCachedHubModel";
import { memorySource } from "../loading/byteSource/memorySource";
import { startBadServer, type BadServer } from "../loading/testing/badServer";
import type { LabEnvironment } from "./environment";
import { inspectModel } from "./inspectModel";
import { memoryLimit } from "./memoryLimit";
import type { Session } from "./session";

const MODELS = resolve(import.meta.dirname, "../../tests/fixtures/models");
const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";
const SOURCE = { kind: "hub", repository: "someone/tiny", revision: "main" } as const;
const CONTEXT = { signal: new AbortController().signal, onProgress: () => undefined };

let server: BadServer;
beforeEach(async () => void (server = await startBadServer()));
afterEach(() => server.close());

const bytesOf = (name: string) => new Uint8Array(readFileSync(resolve(MODELS, name)));

function publish(files: Record<string, Uint8Array>, listing: object = {}): void {
  const siblings = Object.entries(files).map(([rfilename, { length }]) => ({ rfilename, size: length }));
  const json = { sha: COMMIT, gated: false, cardData: { license: "apache-2.0" }, siblings, ...listing };
  server.files.set("/api/models/someone/tiny/revision/main", new TextEncoder().encode(JSON.stringify(json)));
  for (const [name, bytes] of Object.entries(files))
    server.files.set(`/someone/tiny/resolve/${COMMIT}/${name}`, bytes);
}

/** The parts of a session that a look needs; it must not touch others. */
function look(
  source: Parameters<typeof inspectModel>[1]["source"],
  files?: Map<string, Uint8Array<ArrayBuffer>>,
) {
  const access = {
    baseUrl: server.baseUrl,
    allowedHosts: [server.host],
    policy: { tries: 1, firstWait: 1, stall: 5000 },
    readAhead: 0,
  };
  const environment: Pick<LabEnvironment, "backends" | "peekSource" | "modelCache"> = {
    backends: ["wasm"],
    modelCache: async () => undefined,
    peekSource: async () =>
      files === undefined
        ? peekHubModel(SOURCE, { access, cache: undefined })
        : {
            ref: "folder",
            isKept: true,
            files: new Map([...files].map(([name, bytes]) => [name, memorySource(name, bytes)])),
          },
  };
  return inspectModel({ environment, engine: undefined } as unknown as Session, { source }, CONTEXT);
}

test("of safetensors on the hub, config.json is read and nothing else", async () => {
  const [config, weights] = [bytesOf("llama/config.json"), bytesOf("llama/model.safetensors")];
  const tokenizer = bytesOf("llama/tokenizer.json");
  publish({ "config.json": config, "model.safetensors": weights, "tokenizer.json": tokenizer });
  const found = await look(SOURCE);
  expect(found).toMatchObject({
    ref: `hf:someone/tiny@${COMMIT}`,
    format: "safetensors",
    weightFiles: 1,
    licence: "apache-2.0",
    bytes: config.length + weights.length + tokenizer.length,
    shape: {
      family: "llama",
      layers: (JSON.parse(new TextDecoder().decode(config)) as { num_hidden_layers: number })
        .num_hidden_layers,
    },
    refusal: undefined,
    isKept: false,
    storage: { isAvailable: false },
    memory: {
      backend: "wasm",
      limit: memoryLimit("wasm"),
      chosen: { precision: "float32" },
      refusal: undefined,
    },
  });
  expect(server.requests.map(({ path }) => path.split("/").at(-1))).toEqual(["main", "config.json"]);
  const values =
    (weights.length - 8 - Number(new DataView(weights.buffer, weights.byteOffset).getBigUint64(0, true))) / 4;
  expect(found.parameters).toBe(values);
});

test("a model this lab cannot run is described, with the reason", async () => {
  const config = new TextEncoder().encode(
    JSON.stringify({ model_type: "mamba", architectures: ["MambaForCausalLM"], state_size: 16 }),
  );
  publish({ "config.json": config, "model.safetensors": new Uint8Array(100) });
  const found = await look(SOURCE);
  expect(found).toMatchObject({ bytes: config.length + 100, shape: undefined, memory: undefined });
  expect(found.refusal?.message).toMatch(/recurrent/);
  expect(found.refusal?.remedy).toMatch(/LlamaForCausalLM/);
});

test("a model that cannot fit is described with what it would take", async () => {
  const seven = {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: 8192,
    intermediate_size: 28672,
    num_hidden_layers: 80,
    num_attention_heads: 64,
    vocab_size: 32000,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
  };
  const config = new TextEncoder().encode(JSON.stringify(seven));
  publish({ "config.json": config, "model.safetensors": new Uint8Array(100) });
  const { memory } = await look(SOURCE);
  expect(memory).toMatchObject({ chosen: undefined, refusal: { code: "out-of-memory" } });
  expect(memory?.estimates.map(({ precision }) => precision)).toEqual(["float32", "float16", "int8"]);
});

test("gated and unknown models are refused with the remedy", async () => {
  publish({}, { gated: "manual" });
  await expect(look(SOURCE)).rejects.toMatchObject({
    code: "model-not-found",
    message: expect.stringMatching(/gated/) as string,
    remedy: expect.stringMatching(/Download it with your account/) as string,
  });
  const path = "/api/models/someone/tiny/revision/main";
  server.faults.set(path, [{ kind: "status", status: 401, headers: { "X-Error-Code": "RepoNotFound" } }]);
  await expect(look(SOURCE)).rejects.toMatchObject({
    code: "model-not-found",
    remedy: expect.stringMatching(/spelling/) as string,
  });
});

test("files at hand are read with their headers, and files that are no model are refused", async () => {
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  const files = new Map(names.map((name) => [name, bytesOf(`gpt2/${name}`)]));
  const source = { kind: "files", files: [] } as const;
  expect(await look(source, files)).toMatchObject({
    precision: "F32",
    shape: { family: "gpt2" },
    isKept: true,
  });
  files.set("model.safetensors", new TextEncoder().encode("<html>not a model</html>"));
  await expect(look(source, files)).rejects.toMatchObject({ code: "not-this-format" });
});

test("memory is limited by the address space or by the device, whichever is less", () => {
  expect(memoryLimit("wasm", 16)).toEqual({ bytes: 2 ** 32, isHard: true });
  expect(memoryLimit("wasm", 4)).toEqual({ bytes: 2 ** 31, isHard: false });
  expect(memoryLimit("webgpu", 8)).toEqual({ bytes: 2 ** 32, isHard: false });
});
