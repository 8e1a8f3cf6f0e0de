/**
 * A real HTTP server on this machine that serves a small hub and misbehaves as told: each request of a path takes the
 * next of the faults queued for it, then behaves. Node only, for tests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * `cut`: the connection breaks after `bytes` of the body; `stall`: it goes silent there; `status`: another status;
 * `ignoreRange`: 200 and the whole file; `shiftRange`: 206 for a range one byte off; `wrongTotal`: another file size in
 * Content-Range; `noContentRange`: 206 without it; `long`, `short`: more or fewer bytes than asked for;
 * `redirect`: to another address.
 */
export type Fault =
  | { kind: "cut" | "stall"; bytes: number }
  | { kind: "status"; status: number; headers?: Record<string, string> }
  | { kind: "ignoreRange" | "shiftRange" | "wrongTotal" | "noContentRange" | "long" | "short" }
  | { kind: "redirect"; to: string };

export type BadServer = {
  baseUrl: string;
  host: string;
  /** Files by path (with the slash in front). */
  files: Map<string, Uint8Array>;
  /** Faults by path, first in, first out. */
  faults: Map<string, Fault[]>;
  requests: { path: string; headers: Record<string, string | string[] | undefined> }[];
  close(): Promise<void>;
};

export async function startBadServer(): Promise<BadServer> {
  const state: Pick<BadServer, "files" | "faults" | "requests"> = {
    files: new Map(),
    faults: new Map(),
    requests: [],
  };
  const server = createServer((request, response) => answer(state, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { ...state, baseUrl: `http://${host}`, host, close };
}

function answer(
  { files, faults, requests }: Pick<BadServer, "files" | "faults" | "requests">,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
  requests.push({ path, headers: request.headers });
  const fault = faults.get(path)?.shift();
  const file = files.get(path);
  if (fault?.kind === "status") return void response.writeHead(fault.status, fault.headers ?? {}).end("no");
  if (fault?.kind === "redirect") return void response.writeHead(302, { Location: fault.to }).end();
  if (!file) return void response.writeHead(404, { "X-Error-Code": "EntryNotFound" }).end("not here");

  const parts = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (!parts || fault?.kind === "ignoreRange") return send(response, 200, {}, file, fault);
  const shift = fault?.kind === "shiftRange" ? 1 : 0;
  const [start, end] = [Number(parts[1]) + shift, Number(parts[2]) + 1 + shift];
  const total = file.length + (fault?.kind === "wrongTotal" ? 7 : 0);
  const range =
    fault?.kind === "noContentRange" ? {} : { "Content-Range": `bytes ${start}-${end - 1}/${total}` };
  send(response, 206, range, file.subarray(start, end), fault);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Uint8Array,
  fault: Fault | undefined,
): void {
  if (fault?.kind === "cut" || fault?.kind === "stall") {
    response.writeHead(status, { ...headers, "Content-Length": String(body.length) });
    response.write(body.subarray(0, fault.bytes), () => {
      if (fault.kind === "cut") setTimeout(() => response.destroy(), 5);
    });
    return;
  }
  let sent = body;
  if (fault?.kind === "long") sent = Uint8Array.from([...body, 1, 2, 3]);
  if (fault?.kind === "short") sent = body.subarray(0, body.length - 3);
  response.writeHead(status, { ...headers, "Content-Length": String(sent.length) }).end(sent);
}
