/** A hub with one model of each kind that the picker must explain; answers from fixtures and writes down what is asked. */
import type { BrowserContext, Route } from "@playwright/test";
import { readFileSync } from "node:fs";

const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";
const FOLDER = "tests/fixtures/models/llama";
const NAMES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];
const SHARED = { "access-control-allow-origin": "*", "access-control-expose-headers": "*" };

/** Repositories of this hub: one that runs, one of a foreign architecture, one that asks for an account. */
export const RUNS = "someone/tiny-llama";
export const FOREIGN = "someone/mamba";
export const GATED = "someone/gated";
export const ABSENT = "someone/nothing";

const foreignConfig = JSON.stringify({
  architectures: ["MambaForCausalLM"],
  model_type: "mamba",
  state_size: 16,
});

function fileOf(repository: string, name: string): Buffer {
  if (repository === FOREIGN) return Buffer.from(name === "config.json" ? foreignConfig : "weights");
  return readFileSync(`${FOLDER}/${name}`);
}

function answerListing(route: Route, repository: string): Promise<void> {
  if (repository === ABSENT) {
    return route.fulfill({ status: 401, headers: { ...SHARED, "X-Error-Code": "RepoNotFound" }, body: "" });
  }
  const names = repository === FOREIGN ? ["config.json", "model.safetensors"] : NAMES;
  const siblings = names.map((rfilename) => ({ rfilename, size: fileOf(repository, rfilename).length }));
  const json = {
    sha: COMMIT,
    gated: repository === GATED ? "manual" : false,
    cardData: { license: "apache-2.0" },
    siblings,
  };
  return route.fulfill({ headers: SHARED, json });
}

function answerFile(route: Route, repository: string, name: string): Promise<void> {
  const body = fileOf(repository, name);
  const range = /^bytes=(\d+)-(\d+)$/u.exec(route.request().headers()["range"] ?? "");
  if (range === null) return route.fulfill({ headers: SHARED, body });
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, body.length)];
  const headers = { ...SHARED, "content-range": `bytes ${start}-${end - 1}/${body.length}` };
  return route.fulfill({ status: 206, headers, body: body.subarray(start, end) });
}

/** @returns the paths asked for, as they come */
export async function servePickerHub(context: BrowserContext): Promise<string[]> {
  const asked: string[] = [];
  await context.route(/^https:\/\/huggingface\.co\//u, (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    const listing = /^\/api\/models\/([^/]+\/[^/]+)\/revision\//u.exec(pathname)?.[1];
    if (listing !== undefined) return answerListing(route, listing);
    const [, repository = "", name = ""] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/u.exec(pathname) ?? [];
    return answerFile(route, repository, name);
  });
  return asked;
}
