/** A version of the page is kept whole or not at all, and no page ever gets parts of two. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ISOLATION as SERVED } from "../../scripts/serve.mjs";
import { ISOLATION, createOfflineSite, type Site } from "./offlineSite";
import { memoryCaches } from "./testing/memoryCaches";

const SCOPE = "https://example.org/lab/";
type Files = Record<string, string>;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const siteOf = (version: string, files: Files): Site => ({
  version,
  files: Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) })),
});

const FIRST: Files = { "index.html": "one", "assets/a-1.js": "a1", "models/m.json": "m" };
const SECOND: Files = { "index.html": "two", "assets/a-2.js": "a2", "models/m.json": "m" };

/** A server that can be changed and cut off, with the caches of one browser. */
function world(published: Files) {
  const fetched: string[] = [];
  const state = { published, isCut: false };
  const caches = memoryCaches();
  const fetch = (address: Request | string): Promise<Response> => {
    const path = String(address).slice(SCOPE.length);
    fetched.push(path);
    if (state.isCut) return Promise.reject(new TypeError("no network"));
    const text = state.published[path || "index.html"];
    const headers = { "Content-Security-Policy": "frame-ancestors 'none'", "Content-Encoding": "gzip" };
    return Promise.resolve(new Response(text ?? "", { status: text === undefined ? 404 : 200, headers }));
  };
  const open = (site: Site) => createOfflineSite(site, { scope: SCOPE, caches, fetch });
  return { state, caches, fetched, open };
}

const ask = (site: ReturnType<typeof createOfflineSite>, path: string, rest: Partial<Request> = {}) =>
  site.answer({
    method: "GET",
    url: path.includes(":") ? path : SCOPE + path,
    headers: new Headers(),
    ...rest,
  });
const textOf = async (answer: Promise<Response> | undefined) => (await answer)?.text();

test("a visited page opens without a network, headers included", async () => {
  const { state, open } = world(FIRST);
  const site = open(siteOf("1", FIRST));
  await site.install();
  state.isCut = true;
  expect(await textOf(ask(site, ""))).toBe("one");
  expect(await textOf(ask(site, "?x=1"))).toBe("one");
  expect(await textOf(ask(site, "models/m.json"))).toBe("m");
  const { headers } = (await ask(site, "index.html"))!;
  expect(headers.get("Content-Security-Policy")).toBe("frame-ancestors 'none'");
  expect(headers.get("Content-Encoding")).toBeNull();
});

test("every kept file may be part of an isolated page, also one from a version before", async () => {
  expect(ISOLATION).toEqual(SERVED);
  const { caches, open } = world(FIRST);
  const before = await caches.open("palimpsest-page-0");
  const plain = new Response("m", { headers: { "X-Palimpsest-Sha256": sha256("m") } });
  await before.put(`${SCOPE}models/m.json`, plain);
  const site = open(siteOf("1", FIRST));
  await site.install();
  for (const path of Object.keys(FIRST)) {
    const { headers } = (await ask(site, path))!;
    expect(headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
    expect(headers.get("X-Palimpsest-Sha256")).toBe(sha256(FIRST[path]!));
  }
});

test("what is not the page's own is left to the browser", async () => {
  const { open } = world(FIRST);
  const site = open(siteOf("1", FIRST));
  await site.install();
  expect(ask(site, "https://huggingface.co/a/b")).toBeUndefined();
  expect(ask(site, "https://example.org/other/")).toBeUndefined();
  expect(ask(site, "sw.js")).toBeUndefined();
  expect(ask(site, "index.html", { method: "POST" })).toBeUndefined();
  expect(ask(site, "models/m.json", { headers: new Headers({ Range: "bytes=0-1" }) })).toBeUndefined();
});

test("a half-published version is refused, and leaves nothing behind", async () => {
  const { state, caches, open } = world(FIRST);
  const old = open(siteOf("1", FIRST));
  await old.install();
  state.published = { ...SECOND, "assets/a-2.js": "not yet" };
  await expect(open(siteOf("2", SECOND)).install()).rejects.toThrow(/a-2\.js is of another version/);
  state.published = { "index.html": "two" };
  await expect(open(siteOf("2", SECOND)).install()).rejects.toThrow(/404/);
  expect(await caches.keys()).toEqual(["palimpsest-page-1"]);
  expect(await textOf(ask(old, ""))).toBe("one");
});

test("a new version fetches only what is new; the old one serves until it is used", async () => {
  const { state, fetched, open } = world(FIRST);
  const old = open(siteOf("1", FIRST));
  await old.install();
  state.published = SECOND;
  fetched.length = 0;
  const next = open(siteOf("2", SECOND));
  await next.install();
  expect(fetched.toSorted()).toEqual(["assets/a-2.js", "index.html"]);
  expect(await textOf(ask(old, ""))).toBe("one");
  expect(await textOf(ask(next, ""))).toBe("two");
});

test("a page of the version before still gets its own parts; older ones are thrown away", async () => {
  const { state, caches, open } = world(FIRST);
  await open(siteOf("1", FIRST)).install();
  for (const version of ["2", "3"]) {
    const files = { ...SECOND, [`assets/a-${version}.js`]: `a${version}` };
    state.published = files;
    const site = open(siteOf(version, files));
    await site.install();
    await site.activate();
    if (version === "2") expect(await textOf(ask(site, "assets/a-1.js"))).toBe("a1");
    else expect(await caches.keys()).toEqual(["palimpsest-page-2", "palimpsest-page-3"]);
  }
});

test("what the browser has thrown away comes from the network", async () => {
  const { caches, open } = world(FIRST);
  const site = open(siteOf("1", FIRST));
  await site.install();
  await caches.delete("palimpsest-page-1");
  expect(await textOf(ask(site, "models/m.json"))).toBe("m");
});
