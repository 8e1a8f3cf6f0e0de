/**
 * Where an edited weight stands in a checkpoint as Hugging Face writes it: the tensor's name, its orientation, and which
 * of its rows are this weight's (queries, keys and values may share one tensor). The converse of model/matrixParts.
 */
import { invariant } from "../../lib/errors";
import type { ModelConfig } from "../../model/config";
import { expectedWeights, type PlannedWeight } from "../../model/weightPlan";

export type CheckpointPlace = {
  /** Module name in the published model class, without `.weight` or `.bias`. */
  module: string;
  tensor: string;
  shape: readonly number[];
  /** Sizes of the weight itself; a vector has one input. */
  in: number;
  out: number;
  /** Outputs of the stored tensor, three times `out` where three weights share it. */
  storedOut: number;
  /** The stored output that is this weight's output `o`. */
  rowOf(o: number): number;
  /** Whether the tensor lies [in, out] (GPT-2's Conv1D) rather than [out, in]. */
  inOut: boolean;
  /** What loading adds to every stored value (gemma's gains). */
  offset: number;
};

type Cuttable = Extract<PlannedWeight, { kind: "matrix" | "vector" }>;

/** Every weight an edit may change, by canonical name, in the checkpoint's order. */
export function checkpointPlaces(config: ModelConfig): Map<string, CheckpointPlace> {
  const cuttable = [...expectedWeights(config)].filter(
    (planned): planned is Cuttable => planned.kind === "matrix" || planned.kind === "vector",
  );
  return new Map(cuttable.map((planned) => [planned.weight, placeOf(planned, config)]));
}

function placeOf(planned: Cuttable, { headDim }: ModelConfig): CheckpointPlace {
  const { stored, place } = planned;
  const parts = place?.fused ? 3 : 1;
  const storedOut = planned.kind === "matrix" ? parts * planned.outWidth : stored.shape[0]!;
  const out = storedOut / parts;
  invariant(Number.isInteger(out), `${stored.name} holds whole projections`);
  return {
    module: stored.name.replace(/\.(weight|bias)$/, ""),
    tensor: stored.name,
    shape: stored.shape,
    in: planned.kind === "matrix" ? planned.inWidth : 1,
    out,
    storedOut,
    rowOf: rowOf(place?.fused, out, headDim),
    inOut: planned.kind === "matrix" && planned.place.stored === "inOut",
    offset: planned.kind === "vector" ? planned.offset : 0,
  };
}

type Fused = { part: 0 | 1 | 2; order: "thirds" | "perHead" } | undefined;

/** Thirds lie one after the other; per head the three parts of each head do. */
function rowOf(fused: Fused, out: number, headDim: number): (o: number) => number {
  if (fused === undefined) return (o) => o;
  const { part, order } = fused;
  if (order === "thirds") return (o) => part * out + o;
  return (o) => Math.floor(o / headDim) * 3 * headDim + part * headDim + (o % headDim);
}
