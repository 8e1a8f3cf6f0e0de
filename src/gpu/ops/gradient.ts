/** Reverse-mode differentiation of a function built from this facade's ops. */
import { engine, valueAndGrads } from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import { dispose, ones, type Tensor } from "../tensor";
import { recordStep, type RecordedStep } from "./recordedStep";
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

/**
 * f(x) and df/dx [as x] for f = the steps one after the other, the last one giving a scalar. Between two steps, on the
 * way there and on the way back, `pause` is awaited: there a job lets events in and, by throwing, ends the work with
 * nothing left allocated. When `wanted` finds at the turn that the value is enough, the way back, half of the work, is
 * spared and there is no gradient. The caller owns both results.
 */
export async function valueAndGradientInSteps(
  steps: readonly ((x: Tensor) => Tensor)[],
  x: Tensor,
  pause: () => Promise<void>,
  wanted: (value: Tensor) => Promise<boolean> = () => Promise.resolve(true),
): Promise<{ value: Tensor; gradient: Tensor | undefined }> {
  const recorded: RecordedStep[] = [];
  let gradient: Tensor | undefined;
  try {
    for (const step of steps) {
      await pause();
      recorded.push(recordStep(step, recorded.at(-1)?.value ?? x));
    }
    const value = expectScalar(recorded.at(-1)!.value).clone();
    try {
      if (!(await wanted(value))) {
        for (const step of recorded) step.dispose();
        return { value, gradient };
      }
      gradient = ones(value.shape);
      while (recorded.length > 0) {
        await pause();
        const step = recorded.pop()!;
        const next = step.gradient(gradient);
        dispose(gradient);
        step.dispose();
        gradient = next;
      }
      return { value, gradient };
    } catch (error) {
      dispose(value);
      throw error;
    }
  } catch (error) {
    dispose(gradient);
    for (const step of recorded) step.dispose();
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
