/**
 * Kurtosis by layer of every model that was looked at, kept across models and visits: the paper's size comparison needs
 * several. Everything read back is checked: storage can hold anything.
 */
import type { LayerSuperposition } from "../domain/superposition";

const KEY = "palimpsest.sizes.1";
/** Models remembered; the one looked at longest ago goes first. */
const MOST = 12;

export type SizeLayer = { layer: number; kurtosis: number; kurtosisWithout: number; absoluteMean: number };

export type SizeEntry = {
  ref: string;
  parameters: number;
  /** Layers of the model, all of them. */
  layers: SizeLayer[];
  facts: number;
  list: string;
};

type Model = { ref: string; parameters: number };
type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** The newest entry of a model and list takes the place of an older one. */
export function withSize(
  entries: readonly SizeEntry[],
  { ref, parameters }: Model,
  { name, facts }: { name: string; facts: readonly unknown[] },
  layers: readonly Pick<LayerSuperposition, "layer" | "kurtosis" | "interference">[],
): SizeEntry[] {
  const entry: SizeEntry = {
    ref,
    parameters,
    layers: layers
      .map(({ layer, kurtosis, interference }) => ({
        layer,
        kurtosis,
        kurtosisWithout: interference.extreme.kurtosisWithout,
        absoluteMean: interference.absoluteMean,
      }))
      .sort((a, b) => a.layer - b.layer),
    facts: facts.length,
    list: name,
  };
  const others = entries.filter((one) => one.ref !== ref || one.list !== name || one.facts !== facts.length);
  return [...others, entry].slice(-MOST);
}

/** Storage may be full or forbidden; the page works without. */
export function keepSizes(storage: Storage | undefined, entries: readonly SizeEntry[]): void {
  try {
    storage?.setItem(KEY, JSON.stringify(entries));
  } catch {
    return;
  }
}

export function recallSizes(storage: Storage | undefined): SizeEntry[] {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isEntry) : [];
  } catch {
    return [];
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function isEntry(value: unknown): value is SizeEntry {
  if (!isRecord(value)) return false;
  const { ref, parameters, layers, facts, list } = value;
  const texts = typeof ref === "string" && typeof list === "string";
  const numbers = typeof parameters === "number" && typeof facts === "number";
  return texts && numbers && Array.isArray(layers) && layers.length > 0 && layers.every(isLayer);
}

const isLayer = (value: unknown): boolean =>
  isRecord(value) && typeof value.layer === "number" && typeof value.kurtosis === "number";
