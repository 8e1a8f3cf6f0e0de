/** The WebAssembly binaries the wasm backend is made of. Where they come from is the caller's decision. */

/** A URL to fetch, or the bytes themselves. */
export type WasmSource = string | Uint8Array<ArrayBuffer>;

export interface WasmFiles {
  /** tfjs-backend-wasm-simd.wasm of the pinned tfjs version. */
  readonly tfjs: WasmSource;
  /** Our kernels, 128-bit SIMD. */
  readonly kernels: WasmSource;
  /** Our kernels with relaxed SIMD, for engines that have it. */
  readonly kernelsRelaxed: WasmSource;
}
