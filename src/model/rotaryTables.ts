/**
 * Cosines and sines of the rotary angles, position by pair of dimensions, in float64 before rounding. They grow with
 * the longest prompt seen instead of filling the whole context length.
 */
import { dispose, keep, tensor, type Tensor } from "../gpu/tensor";
import type { RotaryConfig } from "./rotaryConfig";

/** Both [positions, dims / 2]. */
export type RotaryTable = { cos: Tensor; sin: Tensor };

/** Positions a table begins with. */
export const FIRST_LENGTH = 256;

export class RotaryTables {
  readonly #settings: readonly RotaryConfig[];
  readonly #contextLength: number;
  readonly #tables = new Map<number, RotaryTable & { positions: number }>();

  constructor(settings: readonly RotaryConfig[], contextLength: number) {
    this.#settings = settings;
    this.#contextLength = contextLength;
  }

  /** The table of one setting with at least this many positions; owned here. */
  table(setting: number, positions: number): RotaryTable {
    const known = this.#tables.get(setting);
    if (known !== undefined && known.positions >= positions) return known;
    const length = Math.min(Math.max(FIRST_LENGTH, 2 * positions), this.#contextLength);
    const table = { ...buildTable(this.#settings[setting]!, length), positions: length };
    dispose(known?.cos, known?.sin);
    this.#tables.set(setting, table);
    return table;
  }

  dispose(): void {
    for (const { cos, sin } of this.#tables.values()) dispose(cos, sin);
    this.#tables.clear();
  }
}

function buildTable(settings: RotaryConfig, positions: number): RotaryTable {
  const frequencies = rotaryFrequencies(settings);
  const pairs = frequencies.length;
  const cos = new Float32Array(positions * pairs);
  const sin = new Float32Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position * frequencies[pair]!;
      cos[position * pairs + pair] = Math.cos(angle);
      sin[position * pairs + pair] = Math.sin(angle);
    }
  }
  return { cos: keep(tensor(cos, [positions, pairs])), sin: keep(tensor(sin, [positions, pairs])) };
}

/** Radians per position for each pair: base^(-2i/dims), then scaled. */
export function rotaryFrequencies({ dims, base, scaling }: RotaryConfig): Float64Array {
  const plain = Float64Array.from({ length: dims / 2 }, (_, pair) => base ** ((-2 * pair) / dims));
  switch (scaling.kind) {
    case "none":
      return plain;
    case "linear":
      return plain.map((frequency) => frequency / scaling.factor);
    case "llama3":
      return plain.map((frequency) => scaleLlama3(frequency, scaling));
  }
}

/** Llama 3.1: wavelengths above L/low are stretched by `factor`, those below L/high kept, between them a blend. */
function scaleLlama3(
  frequency: number,
  { factor, lowFactor, highFactor, originalLength }: RotaryConfig["scaling"] & { kind: "llama3" },
): number {
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > originalLength / lowFactor) return frequency / factor;
  if (wavelength < originalLength / highFactor) return frequency;
  const blend = (originalLength / wavelength - lowFactor) / (highFactor - lowFactor);
  return frequency * (blend + (1 - blend) / factor);
}
