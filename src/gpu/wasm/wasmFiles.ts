/** What the wasm backend is made of: its binaries and, where there are any, its threads. Both are the caller's to find. */
import { AppError } from "../../lib/errors";
import type { StartThread } from "./kernelTeam";

/** A URL to fetch, or the bytes themselves. */
export type WasmSource = string | Uint8Array<ArrayBuffer>;

export interface WasmFiles {
  /** tfjs-backend-wasm-simd.wasm of the pinned tfjs version. */
  readonly tfjs: WasmSource;
  /** Our kernels, 128-bit SIMD. */
  readonly kernels: WasmSource;
  /** Our kernels with relaxed SIMD, for engines that have it. */
  readonly kernelsRelaxed: WasmSource;
  /** Help for the kernels; needs memory that threads can share. */
  readonly threads?: { readonly threads: number; readonly startThread: StartThread };
}

/** More than this brings little: the work is cut into few pieces, and laptops' further cores are half ones. */
const MOST_THREADS = 8;

/** How many threads the engine uses on so many cores; larger machines keep one for the page. */
export const threadsFor = (cores: number): number =>
  Math.max(1, Math.min(MOST_THREADS, cores > 2 ? cores - 1 : cores));

/** @throws AppError `network` when the file cannot be had */
export async function bytesOf(source: WasmSource): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source !== "string") return source;
  const response = await fetch(source, { credentials: "same-origin" });
  if (!response.ok) {
    throw new AppError(
      "network",
      `A part of the WebAssembly engine, ${source}, could not be loaded.`,
      "Reload the page.",
      { status: response.status },
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}
