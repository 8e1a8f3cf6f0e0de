/** Reverse-mode differentiation of a function built from this facade's ops. */
import { engine, valueAndGrads } from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import type { Tensor } from "../tensor";
import { show } from "./shape";

/** f(x) and df/dx. `f` must be synchronous and return a scalar; what it makes besides is freed. */
export function valueAndGradient(f: (x: Tensor) => Tensor, x: Tensor): { value: Tensor; gradient: Tensor } {
  const { value, gradients } = valueAndGradients(f as (...xs: Tensor[]) => Tensor, [x]);
  return { value, gradient: gradients[0] as Tensor };
}

/** f(xs) and its gradients to every argument. */
export function valueAndGradients(
  f: (...xs: Tensor[]) => Tensor,
  xs: readonly Tensor[],
): { value: Tensor; gradients: Tensor[] } {
  try {
    const { value, grads } = valueAndGrads((...args: Tensor[]) => expectScalar(f(...args)))([...xs]);
    return { value, gradients: grads };
  } catch (error) {
    freeTape();
    throw error;
  }
}

function expectScalar(y: Tensor): Tensor {
  invariant(y.size === 1, `valueAndGradient: the function must return a scalar, got ${show(y.shape)}`);
  return y;
}

/** tfjs frees what the tape saved at the end of the backward pass; when a function throws, it never gets there. */
function freeTape(): void {
  for (const node of engine().state.activeTape ?? []) {
    for (const saved of (node as { saved?: Tensor[] }).saved ?? []) saved.dispose();
  }
}
