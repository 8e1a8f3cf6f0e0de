/** The published code's ROME runs (tests/fixtures/editing), opened for comparison. */
import type { EditRequest } from "../../domain/edit";
import { cholesky } from "../../linalg/cholesky";
import { estimateSpectrum } from "../../linalg/condition";
import type { SpdFactor } from "../../linalg/solveSpd";
import { memorySource } from "../../loading/byteSource/memorySource";
import { readSafetensorsHeader } from "../../loading/safetensors/safetensorsHeader";
import type { ReadFixture } from "../../model/testing/openFixture";
import type { Settings } from "../settings/settingSpec";

export const ROME_MODELS = ["tiny-facts2-gpt2", "tiny-facts2-llama"] as const;
export const ROME_CASES = [
  "rome_1_mom2",
  "rome_1_nomom2",
  "rome_1_slow",
  "rome_2_clamped",
  "rome_2_mom2",
] as const;
export type RomeCaseName = (typeof ROME_CASES)[number];

/** One probe of the reference, before or after. */
export type StoredProbe = {
  kind: "rewrite" | "paraphrase" | "neighborhood";
  prompt: string;
  p_target_new: number;
  p_target_true: number;
  p_target_new_first: number;
  new_is_greedy: boolean;
};

type CaseFile = {
  request: {
    prompt: string;
    subject: string;
    target_new: string;
    target_true: string;
    paraphrase_prompts: string[];
    neighborhood: { prompt: string; subject: string; target: string }[];
  };
  layer: number;
  hparams: Record<string, unknown>;
  lookup_idxs: number[];
  target_ids: number[];
  steps: { loss: number; nll: number; kl: number; wd: number; delta_norm: number }[];
  k_dot_u: number;
  delta_w_norm: number;
  weight_norm: number;
  before: StoredProbe[];
  after: StoredProbe[];
  tolerance: { u_rel: number; v_rel: number; loss_abs: number; probability_abs: number };
};

export type RomeCase = CaseFile & {
  editRequest: EditRequest;
  settings: Settings;
  contexts: string[];
  /** C [f, f] of the edited layer as stored. */
  secondMoment: SpdFactor;
  tensor(name: string): Promise<{ shape: readonly number[]; values: Float64Array }>;
};

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

/** Also of whole numbers, which the product's own reader passes over. */
export async function openTensors(read: ReadFixture, path: string): Promise<RomeCase["tensor"]> {
  const bytes = await read(path);
  const { tensors } = await readSafetensorsHeader(memorySource(path, bytes));
  return async (name) => {
    const entry = tensors.get(name);
    if (!entry) throw new Error(`${path} has no tensor ${name}`);
    const raw = bytes.slice(entry.begin, entry.end).buffer;
    const { dtype, shape } = entry;
    if (dtype === "I64") return { shape, values: Float64Array.from(new BigInt64Array(raw), Number) };
    if (dtype === "I32") return { shape, values: Float64Array.from(new Int32Array(raw)) };
    if (dtype === "F32") return { shape, values: Float64Array.from(new Float32Array(raw)) };
    if (dtype === "F64") return { shape, values: new Float64Array(raw) };
    if (dtype === "U8") return { shape, values: Float64Array.from(new Uint8Array(raw)) };
    throw new Error(`${path}: ${name} is ${dtype}`);
  };
}

/** Everything of one case. */
export async function openRomeCase(read: ReadFixture, model: string, name: string): Promise<RomeCase> {
  const folder = `editing/${model}`;
  const stored = parse(await read(`${folder}/${name}/case.json`)) as CaseFile;
  const moments = parse(await read(`${folder}/second_moments/case.json`)) as {
    rome_context_templates: string[];
  };
  const moment = await openTensors(read, `${folder}/second_moments/tensors.safetensors`);
  const c = await moment(`C.${stored.layer}`);
  const factor = cholesky(c.values, c.shape[0]!);
  const { request } = stored;
  const numbers = Object.entries(stored.hparams).filter(([, value]) =>
    ["number", "boolean"].includes(typeof value),
  );
  return {
    ...stored,
    editRequest: {
      prompt: request.prompt,
      subject: request.subject,
      targetNew: request.target_new,
      targetTrue: request.target_true,
      paraphrases: request.paraphrase_prompts,
      neighbours: request.neighborhood,
    },
    settings: { ...(Object.fromEntries(numbers) as Settings), layer: stored.layer },
    contexts: moments.rome_context_templates,
    secondMoment: { ...factor, ridge: 0, condition: estimateSpectrum(factor).condition },
    tensor: await openTensors(read, `${folder}/${name}/tensors.safetensors`),
  };
}
