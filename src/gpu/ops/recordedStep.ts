/**
 * One differentiable step whose backward pass can come later. tfjs differentiates a function in one synchronous go; a
 * job that must let events in needs the parts of its function recorded one by one. This drives tfjs's own tape: the
 * recording and the kernels' gradients are tfjs's, the walk back is here.
 */
import { add, engine, type NamedTensorMap } from "@tensorflow/tfjs-core";
import { invariant } from "../../lib/errors";
import { dispose, keep, tidy, type Tensor } from "../tensor";

export type RecordedStep = {
  /** f(x); belongs to the step. */
  value: Tensor;
  /** dy ∂f/∂x [as x]; the caller owns it. May be called once. */
  gradient(dy: Tensor): Tensor;
  /** Frees the value and what the recording saved. */
  dispose(): void;
};

/** What tfjs (4.22.0, pinned) writes down for every kernel with a gradient. */
type TapeNode = {
  inputs: NamedTensorMap;
  outputs: Tensor[];
  gradient?: (dys: (Tensor | undefined)[]) => Record<string, () => Tensor>;
  saved?: Tensor[];
};

type Taping = {
  startTape(): void;
  endTape(): void;
  state: { activeTape: TapeNode[] | null; gradientDepth: number };
};

/** Runs a synchronous `f` and keeps what its gradient needs. */
export function recordStep(f: (x: Tensor) => Tensor, x: Tensor): RecordedStep {
  const taping = engine() as unknown as Taping;
  invariant(taping.state.gradientDepth === 0, "a step is not recorded inside another recording");
  taping.startTape();
  try {
    const value = tidy(() => keep(f(x).clone()));
    return stepOf(taping.state.activeTape ?? [], x, value);
  } catch (error) {
    free(taping.state.activeTape ?? []);
    throw error;
  } finally {
    taping.endTape();
    taping.state.activeTape = null;
  }
}

function stepOf(nodes: readonly TapeNode[], x: Tensor, value: Tensor): RecordedStep {
  return {
    value,
    gradient: (dy) => walkBack(nodes, x, value, dy),
    dispose: () => {
      dispose(value);
      free(nodes);
    },
  };
}

function free(nodes: readonly TapeNode[]): void {
  for (const { saved = [] } of nodes) dispose(...saved);
}

function walkBack(nodes: readonly TapeNode[], x: Tensor, value: Tensor, dy: Tensor): Tensor {
  return tidy(() => {
    const onTheWay = reachedFrom(x, nodes);
    const gradients = new Map<number, Tensor>([[value.id, dy]]);
    for (const node of nodes.toReversed()) {
      const dys = node.outputs.map(({ id }) => gradients.get(id));
      if (dys.every((dy) => dy === undefined)) continue;
      for (const [name, gradientTo] of Object.entries(gradientsOf(node, dys))) {
        const input = node.inputs[name];
        if (!input || !onTheWay.has(input.id)) continue;
        const more = own(tidy(gradientTo), dys);
        const sofar = gradients.get(input.id);
        gradients.set(input.id, sofar ? add(sofar, more) : more);
        dispose(sofar);
      }
      // A kernel's result is made once: nothing further down adds to its gradient.
      for (const given of dys) if (given !== dy) dispose(given);
    }
    const gradient = gradients.get(x.id);
    invariant(gradient, "the step's value depends on its argument");
    return gradient === dy ? gradient.clone() : gradient;
  });
}

/** Some gradients hand on the very tensor they were given; that one will be freed. */
const own = (gradient: Tensor, given: readonly (Tensor | undefined)[]): Tensor =>
  given.includes(gradient) ? gradient.clone() : gradient;

function gradientsOf(node: TapeNode, dys: (Tensor | undefined)[]): Record<string, () => Tensor> {
  invariant(node.gradient, "every kernel on the way has a gradient");
  return node.gradient(dys);
}

/** Ids of x and of everything computed from it. */
function reachedFrom(x: Tensor, nodes: readonly TapeNode[]): ReadonlySet<number> {
  const reached = new Set([x.id]);
  for (const { inputs, outputs } of nodes) {
    if (Object.values(inputs).some(({ id }) => reached.has(id)))
      for (const { id } of outputs) reached.add(id);
  }
  return reached;
}
