/** Activations and their gradients, number by number. */
import {
  activationGradientKernel,
  activationKernel,
  gatedActivationGradientKernel,
  gatedActivationKernel,
  type ActivationKind,
} from "../../specs/activation";
import { byNumbers, count, EXP, on, out, type WasmKernel } from "./wasmCall";

/** The order of assembly/activation.ts. */
const KINDS: Readonly<Record<ActivationKind, number>> = { silu: 0, gelu: 1, gelu_new: 2, gelu_tanh: 2 };

export const ACTIVATION: readonly WasmKernel[] = [
  on(activationKernel, (call) => {
    const { x } = call.inputs;
    const numbers = count(x.shape);
    const values = [x.at, out(call), numbers, KINDS[call.attrs.kind]];
    call.team.run("activation", values, byNumbers(2, numbers, EXP));
  }),
  on(activationGradientKernel, (call) => {
    const { dy, x } = call.inputs;
    const numbers = count(x.shape);
    const values = [dy.at, x.at, out(call), numbers, KINDS[call.attrs.kind]];
    call.team.run("activationGradient", values, byNumbers(3, numbers, EXP));
  }),
  on(gatedActivationKernel, (call) => {
    const { gate, up } = call.inputs;
    const numbers = count(gate.shape);
    const values = [gate.at, up.at, out(call), numbers, KINDS[call.attrs.kind]];
    call.team.run("gatedActivation", values, byNumbers(3, numbers, EXP));
  }),
  on(gatedActivationGradientKernel, (call) => {
    const { dy, gate, up } = call.inputs;
    const numbers = count(gate.shape);
    const addresses = [dy.at, gate.at, up.at, out(call), out(call, 1)];
    const values = [...addresses, numbers, KINDS[call.attrs.kind]];
    call.team.run("gatedActivationGradient", values, byNumbers(addresses.length, numbers, EXP));
  }),
];
