/**
 * Loads our WebAssembly kernels onto tfjs's memory: the relaxed SIMD build where the engine has it, else the plain one.
 */
import { KernelTeam } from "./kernelTeam";
import { withSharedMemory } from "./sharedMemory";
import { bytesOf, type WasmFiles } from "./wasmFiles";

type Address = number;

export type KernelName = keyof KernelExports & string;

/** What assembly/kernels.ts exports. Addresses are bytes in tfjs's memory; booleans are 0 or 1. */
export interface KernelExports {
  linear(x: Address, weight: Address, bias: Address, y: Address, ...rest: number[]): void;
  linearInputGradientScratch(): number;
  linearInputGradient(dy: Address, weight: Address, dx: Address, ...rest: number[]): void;
  lookup(ids: Address, weight: Address, y: Address, ...sizes: number[]): void;
  linearPacked(x: Address, weight: Address, bias: Address, y: Address, ...rest: number[]): void;
  linearPackedInputGradientScratch(): number;
  linearPackedInputGradient(dy: Address, weight: Address, dx: Address, ...rest: number[]): void;
  lookupPacked(ids: Address, weight: Address, y: Address, ...rest: number[]): void;
  matmul(a: Address, b: Address, y: Address, ...rest: number[]): void;
  attentionScratch(total: number, headDim: number): number;
  attentionGradientScratch(total: number, headDim: number): number;
  attention(...addressesAndSizes: number[]): void;
  attentionGradient(...addressesAndSizes: number[]): void;
  attentionProbabilities(...addressesAndSizes: number[]): void;
  normalise(
    x: Address,
    gain: Address,
    bias: Address,
    y: Address,
    rows: number,
    width: number,
    eps: number,
  ): void;
  normaliseGradient(dy: Address, x: Address, gain: Address, dx: Address, ...rest: number[]): void;
  softmax(x: Address, y: Address, rows: number, width: number, log: number): void;
  softmaxGradient(dy: Address, y: Address, dx: Address, rows: number, width: number, log: number): void;
  crossEntropy(logits: Address, targets: Address, nll: Address, rows: number, width: number): void;
  crossEntropyGradient(dy: Address, logits: Address, targets: Address, dx: Address, ...sizes: number[]): void;
  klDivergence(reference: Address, logits: Address, result: Address, rows: number, width: number): void;
  klDivergenceGradient(
    dy: Address,
    reference: Address,
    logits: Address,
    dx: Address,
    ...sizes: number[]
  ): void;
  gatherRows(x: Address, rows: Address, y: Address, count: number, width: number): void;
  scatterRows(dy: Address, rows: Address, y: Address, count: number, width: number, rowCount: number): void;
  rope(x: Address, cos: Address, sin: Address, y: Address, ...rest: number[]): void;
  activation(x: Address, y: Address, count: number, kind: number): void;
  activationGradient(dy: Address, x: Address, dx: Address, count: number, kind: number): void;
  gatedActivation(gate: Address, up: Address, y: Address, count: number, kind: number): void;
  gatedActivationGradient(dy: Address, gate: Address, up: Address, ...rest: number[]): void;
}

/**
 * (module (func (result v128) v128.const … ×3 f32x4.relaxed_madd)): compiles only where relaxed SIMD is on.
 * Three zero constants of 18 bytes, then opcode 0xfd 0x85 0x02.
 */
export function hasRelaxedSimd(): boolean {
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0x00, ...zero, ...zero, ...zero, 0xfd, 0x85, 0x02, 0x0b];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
  const functions = [0x03, 0x02, 0x01, 0x00];
  const code = [0x0a, body.length + 2, 0x01, body.length, ...body];
  return WebAssembly.validate(new Uint8Array([...header, ...types, ...functions, ...code]));
}

/**
 * The kernels on `memory`, with as many threads as `files` offers when the memory is shared.
 * @throws AppError `network` when the file cannot be had
 */
export async function loadKernels(
  files: WasmFiles,
  memory: WebAssembly.Memory,
): Promise<{ team: KernelTeam; relaxed: boolean }> {
  const relaxed = hasRelaxedSimd();
  const bytes = await bytesOf(relaxed ? files.kernelsRelaxed : files.kernels);
  const shared = isShared(memory);
  const module = await WebAssembly.compile(shared ? withSharedMemory(bytes) : bytes);
  const instance = await WebAssembly.instantiate(module, { env: { memory, log: Math.log } });
  const kernels = instance.exports as unknown as KernelExports;
  const crew = shared && files.threads ? { module, memory, ...files.threads } : undefined;
  return { team: new KernelTeam(kernels, crew), relaxed };
}

/** Browsers name the class only where memory may be shared. */
const isShared = ({ buffer }: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== "undefined" && (buffer as unknown) instanceof SharedArrayBuffer;
