/** The published code's matrices and the closed form's runs (fixtures `superposition`), opened for comparison. */
import { fixtureFolders, fixturePath } from "../../../tests/sharedFixtures";
import { readTensors, tensorOf } from "../../../tests/readTensors";
import { transpose } from "../../linalg/transpose";
import { readFileSync } from "node:fs";

const ROOT = "superposition";

/** Where matrices are stored, with the smallest set in the repository and the rest in ../shared. */
export const MATRIX_CASES = [
  "tiny-facts-llama-150-tokens-ridge",
  "tiny-facts-gpt2-150-tokens-ridge",
  "tiny-facts-llama-2000-tokens-ridge",
  "tiny-facts-gpt2-2000-tokens-ridge",
  "tiny-facts-llama-corpus",
  "tiny-facts-gpt2-corpus",
  "smollm2-counterfact-f384",
];
export const LIFELONG_CASES = [
  "lifelong-orthogonal",
  "lifelong-whitening-orthogonal",
  "lifelong-rome-left-keys",
  "lifelong-random",
  "lifelong-duplicates",
  "lifelong-rank-deficient-ridge",
  "lifelong-tiny-facts-llama",
];

export const isHere = (name: string): boolean => fixtureFolders(ROOT).includes(name);

export type StoredDistribution = {
  kurtosis_excess: number;
  mean: number;
  std: number;
  min: number;
  max: number;
  median: number;
  abs_mean: number;
  "above_0.9": number;
  "kurtosis_without_above_0.9": number | null;
  histogram30: number[];
  top_pairs: [number, number, number][];
  kde_x?: number[];
  kde?: number[];
};

type MatrixCase = {
  layers: number[];
  facts: { subject: string; prompt: string; duplicate_of?: number }[];
  fact_tokens: { ids: number[]; last: number }[];
  ridge: number;
  tokens_for_C: number;
  token_ids_of_texts: number[][];
  tolerance: { K_rel: number };
  per_layer: Record<
    string,
    {
      f: number;
      cond_C: number;
      P: StoredDistribution;
      Q: StoredDistribution;
      whitening_cosine?: StoredDistribution;
      activation_cosine?: StoredDistribution;
      angle_whitening_median_deg?: number;
    }
  >;
};

export function openMatrixCase(name: string) {
  const tensors = readTensors(fixturePath(`${ROOT}/${name}/tensors.safetensors`));
  const stored = JSON.parse(readFileSync(fixturePath(`${ROOT}/${name}/case.json`), "utf8")) as MatrixCase;
  return {
    stored,
    has: (tensor: string) => tensors.has(tensor),
    values: (tensor: string) => tensorOf(tensors, tensor).values,
    /** Columns of a stored matrix as rows. */
    rows(tensor: string): Float64Array {
      const { shape, values } = tensorOf(tensors, tensor);
      return transpose(values, shape[0]!, shape[1]!);
    },
  };
}

export function openLifelongCase(name: string) {
  const tensors = readTensors(fixturePath(`${ROOT}/${name}/tensors.safetensors`));
  const columns = (tensor: string): Float64Array[] => {
    const { shape, values } = tensorOf(tensors, tensor);
    const [rows, count] = [shape[0]!, shape[1]!];
    return Array.from({ length: count }, (_, column) =>
      Float64Array.from({ length: rows }, (_, row) => values[row * count + column]!),
    );
  };
  return { tensors, columns, values: (tensor: string) => tensorOf(tensors, tensor).values };
}

export const largestDifference = (a: Float64Array, b: Float64Array): number =>
  a.length === b.length
    ? a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0)
    : Infinity;
