/**
 * Tensors and their lifetime. A tensor lives on the active backend until its owner disposes it: every op returns a
 * new tensor that the caller owns, no op disposes its arguments, and long-lived tensors belong to one object.
 */
import * as tf from "@tensorflow/tfjs-core";
import { invariant } from "../lib/errors";
import { activeDriver } from "./driver";

export type Tensor = tf.Tensor;

/** Frees every tensor made inside `body` except those it returns (alone, or in arrays and plain objects). */
export function tidy<T>(body: () => T): T {
  return tf.tidy(body as () => T & tf.TensorContainer);
}

/** Takes a tensor out of the enclosing `tidy`; from now on somebody must dispose it. */
export function keep<T extends Tensor>(tensor: T): T {
  return tf.keep(tensor);
}

/** Frees tensors; absent ones are skipped. */
export function dispose(...tensors: readonly (Tensor | undefined)[]): void {
  for (const tensor of tensors) tensor?.dispose();
}

/** A float32 tensor with a copy of these values. */
export function tensor(values: Float32Array | readonly number[], shape: readonly number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  invariant(
    values.length === size,
    `tensor: shape [${shape.join(", ")}] needs ${size} values, got ${values.length}`,
  );
  // Only wasm copies at once: cpu keeps the caller's array itself, webgpu until the first kernel reads it.
  const own =
    values instanceof Float32Array && activeDriver().name === "wasm" ? values : Float32Array.from(values);
  return tf.tensor(own, [...shape], "float32");
}

/** An int32 tensor with a copy of these values: ids and row numbers for the kernels. */
export function integerTensor(values: Int32Array | readonly number[]): Tensor {
  return tf.tensor1d(Int32Array.from(values), "int32");
}

/** A float32 tensor of one value without axes. */
export function scalar(value: number): Tensor {
  return tf.scalar(value, "float32");
}

/** A float32 tensor of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return tensor(new Float32Array(shape.reduce((product, extent) => product * extent, 1)), shape);
}

/** A float32 tensor of ones. */
export function ones(shape: readonly number[]): Tensor {
  return tf.ones([...shape]);
}

/**
 * The values, as an array of the caller's own.
 * @throws AppError (gpu-error, device-lost, out-of-memory) if a command before this read failed
 */
export async function read(t: Tensor): Promise<Float32Array> {
  const driver = activeDriver();
  driver.assertHealthy();
  const values = (await t.data()) as Float32Array;
  driver.assertHealthy();
  return driver.name === "cpu" || !(values instanceof Float32Array) ? Float32Array.from(values) : values;
}

/** What is alive now; a difference of two calls shows a leak. */
export function memory(): { tensors: number; bytes: number } {
  const { numTensors, numBytes } = tf.memory();
  return { tensors: numTensors, bytes: numBytes };
}
