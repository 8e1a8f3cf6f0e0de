/** Activation functions, element by element. */
import { runOne } from "../kernelSpec";
import { activationKernel, gatedActivationKernel } from "../specs/activation";
import type { ActivationKind } from "../specs/activation";
import type { Tensor } from "../tensor";
import { expectShape } from "./shape";

export type { ActivationKind };

/** act(x). "gelu" is exact (erf); "gelu_new" and "gelu_tanh" are the tanh form. */
export function activation(x: Tensor, kind: ActivationKind): Tensor {
  return runOne(activationKernel, { x }, { kind });
}

/** act(gate) * up, both of one shape; gradients to both. */
export function gatedActivation(gate: Tensor, up: Tensor, kind: ActivationKind): Tensor {
  expectShape("gatedActivation", "up", up, gate.shape);
  return runOne(gatedActivationKernel, { gate, up }, { kind });
}
