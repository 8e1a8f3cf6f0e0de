/** Keeps what stands beside the model's maps in step with a stack: of each map the highest enabled codebook and side memory. */
import type { Codebook, EditMemory, SideMemory } from "../domain/edit";
import type { MatrixName } from "../model/weightNames";
import type { Adapter, ModelWeights } from "../model/weights";
import { openCodebook } from "./codebookAdapters";
import { openSideMemory, type OpenAdapter } from "./sideMemoryAdapter";

/** What an edit puts beside a map, or around the whole model (editing/around). */
export type Beside = { codebook?: Codebook; sideMemory?: SideMemory; memory?: EditMemory };

type Part = Codebook | SideMemory;
type Open = { parts: readonly Part[]; opened: readonly OpenAdapter[] };

export class BesideAdapters {
  readonly #weights: ModelWeights;
  #open = new Map<MatrixName, Open>();

  constructor(weights: ModelWeights) {
    this.#weights = weights;
  }

  use(edits: readonly (Beside & { enabled: boolean })[]): void {
    const wanted = partsInUse(edits);
    for (const [name, { parts, opened }] of this.#open) {
      if (isSame(parts, wanted.get(name) ?? [])) continue;
      this.#weights.adapt(name, undefined);
      for (const one of opened) one.dispose();
      this.#open.delete(name);
    }
    for (const [name, parts] of wanted) {
      if (this.#open.has(name)) continue;
      const opened = parts.map((part) => ("entries" in part ? openCodebook(part) : openSideMemory(part)));
      const adapter: Adapter = (input, output) =>
        opened.reduce((found, one) => one.adapter(input, found), output);
      this.#weights.adapt(name, adapter);
      this.#open.set(name, { parts, opened });
    }
  }
}

/** In the order of the stack: what was written later sees what the earlier one gives. */
function partsInUse(edits: readonly (Beside & { enabled: boolean })[]): Map<MatrixName, Part[]> {
  const found = new Map<MatrixName, Part[]>();
  for (const { enabled, codebook, sideMemory } of edits) {
    for (const part of [codebook, sideMemory]) {
      if (!enabled || !part) continue;
      const name = part.weight as MatrixName;
      const others = (found.get(name) ?? []).filter((other) => "entries" in other !== "entries" in part);
      found.set(name, [...others, part]);
    }
  }
  return found;
}

const isSame = (a: readonly Part[], b: readonly Part[]): boolean =>
  a.length === b.length && a.every((part, at) => part === b[at]);
