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
    return Array.isArray(kept) ? kept.flatMap(readEntry) : [];
  } catch {
    return [];
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function readEntry(value: unknown): SizeEntry[] {
  if (!isRecord(value)) return [];
  const { ref, parameters, layers, facts, list } = value;
  if (typeof ref !== "string" || typeof list !== "string") return [];
  if (typeof parameters !== "number" || typeof facts !== "number" || !Array.isArray(layers)) return [];
  const read = layers.flatMap(readLayer);
  return read.length > 0 && read.length === layers.length
    ? [{ ref, parameters, layers: read, facts, list }]
    : [];
}

/** JSON has no NaN: it writes null, for a layer whose keys are too few or too alike to have a kurtosis. */
const readNumber = (value: unknown): number | undefined =>
  value === null ? NaN : typeof value === "number" ? value : undefined;

function readLayer(value: unknown): SizeLayer[] {
  if (!isRecord(value) || typeof value.layer !== "number") return [];
  const [kurtosis, kurtosisWithout, absoluteMean] = [
    value.kurtosis,
    value.kurtosisWithout,
    value.absoluteMean,
  ].map(readNumber);
  if (kurtosis === undefined || kurtosisWithout === undefined || absoluteMean === undefined) return [];
  return [{ layer: value.layer, kurtosis, kurtosisWithout, absoluteMean }];
}
