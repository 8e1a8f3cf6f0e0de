/**
 * What each backend gives the rest of gpu/ beside tfjs's own machinery: health, memory, and how frozen weights are
 * put into its memory. One driver is active at a time (tfjs's engine is global); backend.ts switches them.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { invariant } from "../lib/errors";
import type { WeightRows } from "./panelPieces";
import type { WeightGeometry, WeightLayout } from "./weightLayout";

export type BackendName = "webgpu" | "wasm" | "cpu";

export interface Driver {
  readonly name: BackendName;
  /** The device in words, as the page shows it. */
  readonly adapter: string;
  /** The "GPU" is the processor in disguise: WASM computes the same ten times faster. */
  readonly isSoftwareAdapter?: boolean;
  /** What the device allows, by the platform's own names; for reports only. */
  readonly limits?: Readonly<Record<string, number | string>>;
  /** Bytes of memory the backend holds, used or not. */
  heldBytes(): number;
  /** @throws AppError when an earlier failure makes every later result doubtful. */
  assertHealthy(): void;
  /** Gives memory kept for reuse back, where the backend can. */
  trim(): void;
  dispose(): void;
  /** The layout in which this backend's kernels want a linear weight, or a row table (rows = outputs). */
  layout(kind: "linear" | "rowTable"): WeightLayout;
  /** A tensor of the weight's shape, without a copy in JavaScript: padding is zero, the rest waits to be written. */
  allocateWeight(geometry: WeightGeometry): Tensor;
  /**
   * Puts rows of a row-major matrix in their places, packed where the layout is. The values may be reused by the
   * caller when this returns. Tells whether the weight decodes to exactly these values.
   * @throws AppError not-finite for a packed layout
   */
  writeWeight(weight: Tensor, rows: WeightRows): boolean;
  /** W as row-major [in, out], bit for bit what kernels compute with: what was written, unless packing rounded it. */
  readWeight(weight: Tensor, geometry: WeightGeometry): Promise<Float32Array>;
  /** Where kernels come in several forms: each by name; the self-test checks all, the last is the one in use. */
  readonly kernelForms?: readonly { readonly name: string; choose(): void }[];
  /** Waits until what was written has left JavaScript's memory: back-pressure while a model loads. */
  settle(): Promise<void>;
}

let active: Driver | undefined;

export function setActiveDriver(driver: Driver | undefined): void {
  active = driver;
}

/** The driver of the backend started last. */
export function activeDriver(): Driver {
  invariant(active, "no backend is started: call startBackend first");
  return active;
}
