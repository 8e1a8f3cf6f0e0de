/** Reverse-mode differentiation of a function built from this facade's ops. */
import { valueAndGrad, valueAndGrads } from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import type { Tensor } from "../tensor";
import { show } from "./shape";

function expectScalar(y: Tensor): Tensor {
  invariant(y.size === 1, `valueAndGradient: the function must return a scalar, got ${show(y.shape)}`);
  return y;
}

/** f(x) and df/dx. `f` must be synchronous and return a scalar; what it makes besides is freed. */
export function valueAndGradient(f: (x: Tensor) => Tensor, x: Tensor): { value: Tensor; gradient: Tensor } {
  const { value, grad } = valueAndGrad((argument) => expectScalar(f(argument)))(x);
  return { value, gradient: grad };
}

/** f(xs) and its gradients to every argument. */
export function valueAndGradients(
  f: (...xs: Tensor[]) => Tensor,
  xs: readonly Tensor[],
): { value: Tensor; gradients: Tensor[] } {
  const { value, grads } = valueAndGrads((...args: Tensor[]) => expectScalar(f(...args)))([...xs]);
  return { value, gradients: grads };
}
