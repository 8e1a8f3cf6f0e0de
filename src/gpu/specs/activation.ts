/** Activation functions, plain and gated. "gelu_new" and "gelu_tanh" are two names of the same function. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { defineKernel, run, runOne } from "../kernelSpec";
import * as reference from "../reference/activation";
import type { ActivationKind } from "../reference/activation";

export type { ActivationKind };

type ActivationAttributes = { readonly kind: ActivationKind };

/** dx = dy * act'(x). */
export const activationGradientKernel = defineKernel<"dy" | "x", ActivationAttributes>({
  name: "PalimpsestActivationGradient",
  inputs: ["dy", "x"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ dy, x }, { kind }) => [reference.activationGradient(kind, dy.values, x.values)],
});

/** act(x), element by element. */
export const activationKernel = defineKernel<"x", ActivationAttributes>({
  name: "PalimpsestActivation",
  inputs: ["x"],
  outputShapes: ({ x }) => [[...x]],
  reference: ({ x }, { kind }) => [reference.activation(kind, x.values)],
  gradient: {
    save: ["x"],
    of: (dy, { x }, { kind }) => ({ x: () => runOne(activationGradientKernel, { dy, x }, { kind }) }),
  },
});

/** [dGate, dUp] of act(gate) * up. */
export const gatedActivationGradientKernel = defineKernel<"dy" | "gate" | "up", ActivationAttributes>({
  name: "PalimpsestGatedActivationGradient",
  inputs: ["dy", "gate", "up"],
  outputShapes: ({ gate }) => [[...gate], [...gate]],
  reference: ({ dy, gate, up }, { kind }) =>
    reference.gatedActivationGradient(kind, dy.values, gate.values, up.values),
});

/** act(gate) * up; both of one shape. */
export const gatedActivationKernel = defineKernel<"gate" | "up", ActivationAttributes>({
  name: "PalimpsestGatedActivation",
  inputs: ["gate", "up"],
  outputShapes: ({ gate }) => [[...gate]],
  reference: ({ gate, up }, { kind }) => [reference.gatedActivation(kind, gate.values, up.values)],
  gradient: {
    save: ["gate", "up"],
    of: (dy, { gate, up }, { kind }) => {
      // Both come from one kernel, run here because tfjs frees what one input's gradient leaves beside its result.
      const [dGate, dUp] = run(gatedActivationGradientKernel, { dy, gate, up }, { kind }) as [Tensor, Tensor];
      return { gate: () => dGate, up: () => dUp };
    },
  },
});
