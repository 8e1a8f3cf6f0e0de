/**
 * The model's only opening: the forward pass names every activation and goes on with what the hook returns. Experiments
 * are hooks; the forward pass never asks who is watching. Shapes are [batch, positions, width].
 */
import { keep, type Tensor } from "../gpu/tensor";
import { reshape } from "../gpu/ops";

/**
 * Inside a block, in order of computation:
 * attnKey, attnValue, attnQuery (after norm and rotation, heads side by side), attnZ (input of the attention's output
 * matrix), attnRaw and attnOut (its output, before and after the norm some families put there), mlpKey (input of the
 * MLP's output matrix), mlpRaw and mlpOut (likewise), resid (the residual stream after the block).
 */
export type BlockSite =
  | "attnQuery"
  | "attnKey"
  | "attnValue"
  | "attnZ"
  | "attnRaw"
  | "attnOut"
  | "mlpKey"
  | "mlpRaw"
  | "mlpOut"
  | "resid";

/** `embed` is the input of block 0, `final` the output of the final norm. */
export type Site = "embed" | "final" | `blocks.${number}.${BlockSite}`;

/**
 * Sees an activation and returns the one to go on with. It may not dispose what it is given, and what it wants to
 * look at later it must `keep`. Inside `lastQueryOnly` blocks, sites after attnValue have one position.
 */
export type Hook = (site: Site, x: Tensor) => Tensor;

export const noHook: Hook = (_site, x) => x;

/** Applies hooks from left to right at every site. */
export const chain =
  (...hooks: Hook[]): Hook =>
  (site, x) =>
    hooks.reduce((y, hook) => hook(site, y), x);

/**
 * Collects activations of the named sites; changes nothing. The caller disposes the collected tensors.
 */
export function collect(sites: Iterable<Site>): { hook: Hook; found: Map<Site, Tensor> } {
  const wanted = new Set(sites);
  const found = new Map<Site, Tensor>();
  const hook: Hook = (site, x) => {
    if (wanted.has(site)) found.set(site, keep(reshape(x, x.shape)));
    return x;
  };
  return { hook, found };
}
