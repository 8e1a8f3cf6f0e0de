import type { Server } from "node:http";

/** Serves `folder` on 127.0.0.1; when `port` is taken and `search` is set, the next free one is used. */
export function serveFolder(
  folder: string,
  port: number,
  search?: boolean,
): Promise<{ server: Server; address: string }>;

/** Headers that make a page isolated, so that it may share memory between threads. */
export const ISOLATION: Readonly<Record<string, string>>;
