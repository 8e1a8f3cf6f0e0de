/** huggingface.co, answered by the test from a folder: the list of files, ranges, and what was asked for. */
import type { BrowserContext, Route } from "@playwright/test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Content-Range, X-Error-Code",
};

export type FakeHub = {
  /** Every request: a file's name or another path, whatever was asked of it. */
  asked: string[];
  /** The headers of range requests, in the order of `asked`; empty for others. */
  ranges: string[];
  /** From now on nothing is answered, as without a network. */
  disconnect(): void;
};

type HubOptions = {
  licence?: string;
  /** Delays every answer about a file, in milliseconds. */
  slowly?: number;
};

function listing(folder: string, licence: string): string {
  const siblings = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => {
      const bytes = readFileSync(join(folder, name));
      const lfs = { sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length };
      return { rfilename: name, size: bytes.length, ...(name.endsWith(".safetensors") && { lfs }) };
    });
  return JSON.stringify({ sha: COMMIT, gated: false, cardData: { license: licence }, siblings });
}

function answerFile(route: Route, path: string): Promise<void> {
  const bytes = readFileSync(path);
  const range = /^bytes=(\d+)-(\d+)$/u.exec(route.request().headers().range ?? "");
  if (range === null) return route.fulfill({ status: 200, headers: CORS, body: bytes });
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
  const headers = { ...CORS, "Content-Range": `bytes ${start}-${end}/${bytes.length}` };
  return route.fulfill({ status: 206, headers, body: bytes.subarray(start, end + 1) });
}

/** Serves `folder` as the repository `name`; there is no other. */
export async function serveHub(
  context: BrowserContext,
  name: string,
  folder: string,
  { licence = "mit", slowly = 0 }: HubOptions = {},
): Promise<FakeHub> {
  const hub = { asked: [] as string[], ranges: [] as string[], isConnected: true };
  await context.route("https://huggingface.co/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = new RegExp(`^/${name}/resolve/${COMMIT}/([^/]+)$`, "u").exec(pathname)?.[1];
    hub.asked.push(file ?? pathname);
    hub.ranges.push(route.request().headers().range ?? "");
    if (!hub.isConnected) return route.abort("internetdisconnected");
    if (pathname.startsWith(`/api/models/${name}/revision/`)) {
      return route.fulfill({
        headers: CORS,
        contentType: "application/json",
        body: listing(folder, licence),
      });
    }
    if (file === undefined) return route.fulfill({ status: 404, headers: CORS });
    if (slowly > 0) await new Promise((resolve) => setTimeout(resolve, slowly));
    return answerFile(route, join(folder, decodeURIComponent(file)));
  });
  return { asked: hub.asked, ranges: hub.ranges, disconnect: () => void (hub.isConnected = false) };
}
