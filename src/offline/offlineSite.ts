/**
 * The page's files kept for a visit without a network. A version is all of them or nothing: every file must have the
 * hash its build stated, and a version is in use only when all have arrived. Knows no worker events; those are wired
 * in serviceWorker.ts.
 */

/** One file of the built page, by its path below the page's folder. */
export type SiteFile = { path: string; sha256: string };

/** What one build published. `version` is a hash over all of `files`. */
export type Site = { version: string; files: readonly SiteFile[] };

export type OfflineSiteContext = {
  /** The page's folder, absolute, with a slash at the end. */
  scope: string;
  caches: Pick<CacheStorage, "open" | "keys" | "delete">;
  fetch: (request: Request | string, options?: RequestInit) => Promise<Response>;
};

/** The part of a request that decides how it is answered. */
export type AskedFor = Pick<Request, "method" | "url" | "headers">;

export type OfflineSite = {
  /** Fetches what is new, takes over what is unchanged. @throws Error when a file is missing or not the build's */
  install(): Promise<void>;
  /** Throws away versions that no open page can be of. */
  activate(): Promise<void>;
  /** Undefined: not a file of this page, the browser asks the network as ever. */
  answer(request: AskedFor): Promise<Response> | undefined;
};

const CACHES = "palimpsest-page-";
const HASH_HEADER = "X-Palimpsest-Sha256";
const FIRST_PAGE = "index.html";
/** Names in here carry a hash: another content is another name. */
const HASHED_NAMES = "assets/";
const AT_ONCE = 4;
/** As scripts/serve.mjs sends them. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

export function createOfflineSite(site: Site, context: OfflineSiteContext): OfflineSite {
  const { scope, caches, fetch } = context;
  const ownCache = `${CACHES}${site.version}`;
  const known = new Set(site.files.map(({ path }) => path));
  const addressOf = (path: string): string => new URL(path, scope).href;
  /** In the order they were made. */
  const versions = async (): Promise<string[]> =>
    (await caches.keys()).filter((name) => name.startsWith(CACHES));

  const keptBefore = async ({ path, sha256 }: SiteFile): Promise<Response | undefined> => {
    for (const name of await versions()) {
      const response = await (await caches.open(name)).match(addressOf(path));
      if (response?.headers.get(HASH_HEADER) === sha256) return response;
    }
    return undefined;
  };

  const store = async (file: SiteFile): Promise<void> => {
    const response = (await keptBefore(file)) ?? (await fetchChecked(file, addressOf(file.path), fetch));
    await (await caches.open(ownCache)).put(addressOf(file.path), isolated(response));
  };

  /** A page of the version before may still be open, and asks for parts of it that it has not needed yet. */
  const fromEarlier = async (path: string): Promise<Response | undefined> => {
    if (!path.startsWith(HASHED_NAMES)) return undefined;
    for (const name of await versions()) {
      const response = await (await caches.open(name)).match(addressOf(path));
      if (response) return response;
    }
    return undefined;
  };

  return {
    async install() {
      const left = [...site.files];
      const work = async (): Promise<void> => {
        for (let file = left.shift(); file; file = left.shift()) {
          await store(file).catch((error: unknown) => {
            left.length = 0;
            throw error;
          });
        }
      };
      const settled = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
      const failure = settled.find((one) => one.status === "rejected");
      if (failure === undefined) return;
      await caches.delete(ownCache);
      throw failure.reason;
    },

    async activate() {
      const others = (await versions()).filter((name) => name !== ownCache);
      for (const name of others.slice(0, -1)) await caches.delete(name);
    },

    answer({ method, url, headers }) {
      if (method !== "GET" || !url.startsWith(scope) || headers.has("Range")) return undefined;
      const { pathname } = new URL(url);
      const path = decodeURIComponent(pathname.slice(new URL(scope).pathname.length)) || FIRST_PAGE;
      if (!known.has(path) && !path.startsWith(HASHED_NAMES)) return undefined;
      return (async () => {
        const own = known.has(path) ? await (await caches.open(ownCache)).match(addressOf(path)) : undefined;
        return own ?? (await fromEarlier(path)) ?? fetch(url);
      })();
    },
  };
}

/**
 * The file from the network, with its hash noted and all of its headers: the policies among them hold for what comes
 * out of the cache too.
 */
async function fetchChecked(
  { path, sha256 }: SiteFile,
  address: string,
  fetch: OfflineSiteContext["fetch"],
): Promise<Response> {
  // A name with a hash may come out of the browser's cache, where the open page has just put it.
  const cache = path.startsWith(HASHED_NAMES) ? "default" : "no-cache";
  const response = await fetch(address, { cache, credentials: "same-origin" });
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  const bytes = await response.arrayBuffer();
  if ((await sha256Of(bytes)) !== sha256) throw new Error(`${path} is of another version`);
  const headers = new Headers(response.headers);
  // The body is decoded by now.
  for (const name of ["Content-Encoding", "Content-Length", "Transfer-Encoding"]) headers.delete(name);
  headers.set(HASH_HEADER, sha256);
  return new Response(bytes, { headers });
}

/**
 * With the headers that let the page share memory between threads. Many hosts cannot be told to send them, and a page
 * that has them runs no worker whose file lacks them, so what an earlier version kept gets them too.
 */
function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { headers });
}

async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
