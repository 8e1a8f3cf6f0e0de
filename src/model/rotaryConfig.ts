/**
 * Rotary position settings: how many dimensions turn, in which pairing and at which frequencies.
 * The tables themselves are built in rotaryTables.ts.
 */
import type { ConfigFields } from "./configFields";

/** llama3 keeps high frequencies, divides low ones by `factor` and blends between the two wavelengths. */
export type RotaryScaling =
  | { kind: "none" }
  | { kind: "linear"; factor: number }
  | { kind: "llama3"; factor: number; lowFactor: number; highFactor: number; originalLength: number };

export type RotaryConfig = {
  /** Leading dimensions of each head that turn; the others stay. */
  dims: number;
  /** `half` pairs (i, i + dims/2), `interleaved` pairs (2i, 2i + 1). */
  style: "half" | "interleaved";
  base: number;
  scaling: RotaryScaling;
};

const BASE = { min: 1, max: 1e12 };
const FACTOR = { min: 1e-3, max: 1e4 };

type RotaryKeys = {
  headDim: number;
  /** Key of the base in the published form (`rope_theta`, `rotary_emb_base`). */
  baseKey?: string;
  /** Key of the share of dimensions that turn in the published form. */
  shareKey?: string;
  /** Base and share when the file names none. */
  defaultBase?: number;
  defaultShare?: number;
  /** Entry of `rope_parameters` that applies to these layers, where it has one per kind of layer. */
  layerKind?: string;
  /** False where the published form scales only the other kind of layer. */
  scaled?: boolean;
};

/** Reads either form: `rope_parameters` (transformers 5) or `rope_theta` with `rope_scaling`. */
export function readRotary(fields: ConfigFields, keys: RotaryKeys): RotaryConfig {
  const { headDim, baseKey = "rope_theta", shareKey = "partial_rotary_factor" } = keys;
  const { defaultBase = 10_000, defaultShare = 1 } = keys;
  const parameters = fields.object("rope_parameters");
  const own = keys.layerKind === undefined ? parameters : parameters?.object(keys.layerKind);
  const share = { min: 1e-3, max: 1 };
  if (own !== undefined) {
    return {
      dims: evenDims(fields, headDim * own.number("partial_rotary_factor", share, defaultShare)),
      style: "half",
      base: own.number("rope_theta", BASE, defaultBase),
      scaling: readScaling(own),
    };
  }
  const scaling = keys.scaled === false ? undefined : fields.object("rope_scaling");
  return {
    dims: evenDims(fields, headDim * fields.number(shareKey, share, defaultShare)),
    style: "half",
    base: fields.number(baseKey, BASE, defaultBase),
    scaling: scaling === undefined ? { kind: "none" } : readScaling(scaling),
  };
}

/** The dimensions that turn: whole pairs only. */
export function evenDims(fields: ConfigFields, dims: number): number {
  const whole = Math.floor(dims + 1e-9);
  if (whole < 2 || whole % 2 !== 0) {
    throw fields.fail(
      "bad-config",
      "head_dim",
      `leaves ${whole} rotary dimensions, which is not a positive even number`,
    );
  }
  return whole;
}

function readScaling(fields: ConfigFields): RotaryScaling {
  const key = fields.has("rope_type") ? "rope_type" : "type";
  if (!fields.has(key)) throw fields.fail("bad-config", "rope_type", "is missing");
  const kind = fields.text(key);
  switch (kind) {
    case "default":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: fields.number("factor", FACTOR) };
    case "llama3":
      return readLlama3(fields);
    default:
      throw fields.fail(
        "unsupported",
        "rope_type",
        `is “${kind.slice(0, 40)}”; only default, linear and llama3 are read`,
        "Choose a model that uses one of these rotary scalings.",
      );
  }
}

function readLlama3(fields: ConfigFields): RotaryScaling {
  const lowFactor = fields.number("low_freq_factor", FACTOR);
  const highFactor = fields.number("high_freq_factor", FACTOR);
  if (highFactor <= lowFactor) {
    throw fields.fail(
      "bad-config",
      "high_freq_factor",
      `is ${highFactor}, not above low_freq_factor ${lowFactor}`,
    );
  }
  return {
    kind: "llama3",
    factor: fields.number("factor", FACTOR),
    lowFactor,
    highFactor,
    originalLength: fields.integer("original_max_position_embeddings", { min: 1, max: 1e7 }),
  };
}
