/** Arithmetic, reductions and re-arrangement: tfjs's own ops behind checked doors. All are differentiable. */
import * as tf from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import type { Tensor } from "../tensor";
import { expectBroadcastable, lastExtent, show } from "./shape";

/** a + b, broadcast as in numpy. */
export function add(a: Tensor, b: Tensor): Tensor {
  expectBroadcastable("add", a, b);
  return tf.add(a, b);
}

/** a - b, broadcast as in numpy. */
export function sub(a: Tensor, b: Tensor): Tensor {
  expectBroadcastable("sub", a, b);
  return tf.sub(a, b);
}

/** a * b element by element, broadcast as in numpy. */
export function mul(a: Tensor, b: Tensor): Tensor {
  expectBroadcastable("mul", a, b);
  return tf.mul(a, b);
}

/** a / b element by element, broadcast as in numpy. */
export function div(a: Tensor, b: Tensor): Tensor {
  expectBroadcastable("div", a, b);
  return tf.div(a, b);
}

/** x times a number. */
export function scale(x: Tensor, factor: number): Tensor {
  return tf.mul(x, factor);
}

export function square(x: Tensor): Tensor {
  return tf.square(x);
}

export function sqrt(x: Tensor): Tensor {
  return tf.sqrt(x);
}

/** The sum over one axis, or over everything. */
export function sum(x: Tensor, axis?: number, keepAxis = false): Tensor {
  expectAxis("sum", x, axis);
  return tf.sum(x, axis, keepAxis);
}

/** The mean over one axis, or over everything. */
export function mean(x: Tensor, axis?: number, keepAxis = false): Tensor {
  expectAxis("mean", x, axis);
  return tf.mean(x, axis, keepAxis);
}

/** The same values in another shape; one extent may be -1. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const known = shape.filter((extent) => extent >= 0).reduce((product, extent) => product * extent, 1);
  const free = shape.filter((extent) => extent < 0).length;
  const fits = free === 0 ? known === x.size : free === 1 && known > 0 && x.size % known === 0;
  invariant(fits, `reshape: ${show(x.shape)} does not fit ${show(shape)}`);
  return tf.reshape(x, [...shape]);
}

/** [..., width] as [rows, width]. */
export const flatRows = (x: Tensor): Tensor => reshape(x, [-1, lastExtent("flatRows", x)]);

/** Joins tensors along an axis; all other extents must agree. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0];
  invariant(first, "concat: needs at least one tensor");
  expectAxis("concat", first, axis);
  for (const other of tensors) {
    const agrees =
      other.shape.length === first.shape.length &&
      other.shape.every((extent, i) => i === axis || extent === first.shape[i]);
    invariant(
      agrees,
      `concat: shapes ${tensors.map((t) => show(t.shape)).join(", ")} differ beside axis ${axis}`,
    );
  }
  return tf.concat([...tensors], axis);
}

/** The box that starts at `begin` and has `size`; a size of -1 means "to the end". */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  const fits =
    begin.length === x.shape.length &&
    size.length === x.shape.length &&
    x.shape.every((extent, axis) => {
      const from = begin[axis] as number;
      const count = size[axis] === -1 ? extent - from : (size[axis] as number);
      return from >= 0 && count >= 0 && from + count <= extent;
    });
  invariant(fits, `slice: begin ${show(begin)} and size ${show(size)} leave ${show(x.shape)}`);
  return tf.slice(x, [...begin], [...size]);
}

/** Cuts x along an axis into consecutive parts of these extents; the inverse of `concat`, in one step each way. */
export function split(x: Tensor, extents: readonly number[], axis: number): Tensor[] {
  expectAxis("split", x, axis);
  const whole = extents.reduce((sum, extent) => sum + extent, 0);
  invariant(
    whole === x.shape[axis],
    `split: ${show(extents)} do not add up to axis ${axis} of ${show(x.shape)}`,
  );
  // tfjs's gradient of a split into one part fails: it gets a tensor where it expects a list.
  if (extents.length === 1) return [tf.reshape(x, x.shape)];
  return tf.split(x, [...extents], axis);
}

/** Exchanges axes. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const sorted = [...order].sort((a, b) => a - b);
  const isOrder = order.length === x.shape.length && sorted.every((axis, i) => axis === i);
  invariant(isOrder, `transpose: order ${show(order)} does not name every axis of ${show(x.shape)} once`);
  return tf.transpose(x, [...order]);
}

function expectAxis(op: string, x: Tensor, axis: number | undefined): void {
  const isAxis = axis === undefined || (Number.isInteger(axis) && axis >= 0 && axis < x.shape.length);
  invariant(isAxis, `${op}: ${show(x.shape)} has no axis ${axis}`);
}
