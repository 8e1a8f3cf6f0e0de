/** Families × sources on WASM and on the obvious twins, the hub played by a server that misbehaves. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { openCheckpoint } from "../loading/checkpoint";
import { openHubModel } from "../loading/hub/openHubModel";
import { startBadServer } from "../loading/testing/badServer";
import { FAMILIES } from "../model/testing/describeGolden";
import { describeFamily } from "./testing/describeFamilies";
import type { FamilySource } from "./testing/familySources";

const root = resolve(import.meta.dirname, "../..");
const read = async (path: string) => new Uint8Array(await readFile(resolve(root, "tests/fixtures", path)));
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const NAMES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

/** By ranges from a server that cuts, stutters and refuses on the way. */
const hub: FamilySource = {
  name: "hub",
  async open(_read, family) {
    const server = await startBadServer();
    try {
      const files = await Promise.all(
        NAMES.map(async (name) => [name, await read(`models/${family}/${name}`)] as const),
      );
      const at = (name: string): string => `/someone/${family}/resolve/${COMMIT}/${name}`;
      for (const [name, bytes] of files) server.files.set(at(name), bytes);
      const siblings = files.map(([rfilename, { length }]) => ({ rfilename, size: length }));
      const listing = new TextEncoder().encode(JSON.stringify({ sha: COMMIT, gated: false, siblings }));
      server.files.set(`/api/models/someone/${family}/revision/main`, listing);
      server.faults.set(at("config.json"), [{ kind: "status", status: 503 }]);
      server.faults.set(at("model.safetensors"), [
        { kind: "cut", bytes: 900 },
        { kind: "status", status: 403 },
        { kind: "short" },
        { kind: "cut", bytes: 0 },
      ]);
      const policy = { tries: 4, firstWait: 1, stall: 20_000 };
      const access = { baseUrl: server.baseUrl, allowedHosts: [server.host], policy, readAhead: 1 << 20 };
      const model = await openHubModel({ repository: `someone/${family}`, revision: "main" }, { access });
      const opened = await openCheckpoint(model.files);
      // Read while the server is there: the test closes it before the weights are loaded.
      const values = new Map<string, Float32Array<ArrayBuffer>>();
      for (const name of opened.tensorNames.keys()) values.set(name, await opened.readTensor(name));
      const readTensor = async (name: string) => values.get(name)!.slice();
      const readRows: typeof opened.readRows = async (name, first, count, { into } = {}) => {
        const width = values.get(name)!.length / opened.tensorNames.get(name)!.shape[0]!;
        const rows = values.get(name)!.slice(first * width, (first + count) * width);
        into?.set(rows);
        return into ?? rows;
      };
      return { checkpoint: { ...opened, readTensor, readRows } };
    } finally {
      await server.close();
    }
  },
};

describe.each(["wasm", "cpu"] as const)("%s", (name) => {
  let backend: EngineBackend;
  beforeAll(async () => {
    backend = await startBackend(name, name === "wasm" ? { wasmFiles: await readWasmFiles(root) } : {});
  });
  afterAll(() => backend.dispose());
  for (const family of FAMILIES) {
    describeFamily(family, { read, backend: name, bound: 1e-4, sources: name === "wasm" ? [hub] : [] });
  }
});
