/**
 * Our kernels on the wasm backend: which export computes which spec, from addresses and shapes, and how its work may be
 * cut. Everything in calls/ is bookkeeping; the arithmetic is in assembly/.
 */
import { ACTIVATION } from "./calls/activationCalls";
import { ATTENTION } from "./calls/attentionCalls";
import { LINEAR } from "./calls/linearCalls";
import { ROWS } from "./calls/rowCalls";
import type { WasmKernel } from "./calls/wasmCall";

export const WASM_KERNELS: readonly WasmKernel[] = [...LINEAR, ...ATTENTION, ...ROWS, ...ACTIVATION];
