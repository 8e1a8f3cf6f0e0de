/** What computes, in the words of the page. */
import type { Backend } from "../../domain/model";

export const BACKEND_NAMES: Record<Backend, string> = { webgpu: "WebGPU", wasm: "WASM", cpu: "CPU" };
