/** A static server for the built page: right types, byte ranges, security headers. No dependencies. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/** An isolated page may share memory between threads: the WebAssembly engine then uses all cores. */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  ...ISOLATION,
  "Content-Security-Policy": "frame-ancestors 'none'",
  "Cache-Control": "no-cache",
};

function fileFor(folder, url) {
  const path = normalize(decodeURIComponent(new URL(url, "http://local").pathname));
  const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
  const inside = file.startsWith(folder + sep);
  return inside && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

function parseRange(header, size) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (!match) return undefined;
  const start = Number(match[1]);
  const end = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return start <= end ? { start, end } : undefined;
}

function respond(folder, request, response) {
  let file;
  try {
    file = fileFor(folder, request.url ?? "/");
  } catch {
    file = undefined;
  }
  if (!file) {
    response.writeHead(404, { ...HEADERS, "Content-Type": "text/plain" }).end("Not found");
    return;
  }
  const size = statSync(file).size;
  const range = parseRange(request.headers.range, size);
  const headers = {
    ...HEADERS,
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Accept-Ranges": "bytes",
    "Content-Length": range ? range.end - range.start + 1 : size,
    ...(range && { "Content-Range": `bytes ${range.start}-${range.end}/${size}` }),
  };
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === "HEAD") response.end();
  else createReadStream(file, range).pipe(response);
}

/** Serves `folder` on 127.0.0.1; when `port` is taken and `search` is set, the next free one is used. */
export function serveFolder(folder, port, search = true) {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => respond(folder, request, response));
    server.on("error", (error) => {
      if (search && error.code === "EADDRINUSE") server.listen(++port, "127.0.0.1");
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () =>
      resolve({ server, address: `http://127.0.0.1:${server.address().port}/` }),
    );
  });
}

// By name, not by address: inside a bundle this module's address is the bundle's.
if (basename(process.argv[1] ?? "") === "serve.mjs") {
  const folder = fileURLToPath(new URL("../dist/page", import.meta.url));
  const { address } = await serveFolder(folder, Number(process.env.PORT ?? 4173), !process.env.PORT);
  console.log(address);
}
