/** The published code's runs (fixtures `editing`, `anyedit`, `methods`), opened for comparison wherever files come from. */
import type { EditRequest, NamedTensor } from "../../domain/edit";
import { relativeDifference } from "../../linalg/norms";
import type { ReadFixture } from "../../model/testing/openFixture";
import type { SecondMoment } from "../secondMoment";
import type { Settings } from "../settings/settingSpec";
import type { Statistics } from "../statistics";
import { openTensors, type RomeCase } from "./romeCases";

export type StoredTensors = RomeCase["tensor"];

type StoredRequest = {
  prompt: string;
  subject: string;
  target_new: string;
  target_true: string;
  paraphrase_prompts: string[];
  neighborhood: { prompt: string; subject: string; target: string }[];
};

type StoredStep = { loss: number; nll: number; kl: number; wd: number; delta_norm: number };
export type StoredOptimisation = { target_ids: number[]; lookup_idxs: number[]; steps: StoredStep[] };
export type StoredEvaluation = { kind: string; p_target_new: number; p_target_true: number };

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

export const toRequest = (stored: StoredRequest): EditRequest => ({
  prompt: stored.prompt,
  subject: stored.subject,
  targetNew: stored.target_new,
  targetTrue: stored.target_true,
  paraphrases: stored.paraphrase_prompts,
  neighbours: stored.neighborhood,
});

/** Published settings as the shell would give them. */
export function toSettings(hparams: Record<string, unknown>): Settings {
  const plain = Object.entries(hparams).filter(
    ([, value]) => ["number", "boolean"].includes(typeof value) || Array.isArray(value),
  );
  return Object.fromEntries(plain) as Settings;
}

/** What every comparison reads, through one function that gives a file's bytes. */
export function storedRuns(read: ReadFixture) {
  const readJson = async <T>(path: string): Promise<T> => parse(await read(path)) as T;
  const tensorsOf = (path: string): Promise<StoredTensors> => openTensors(read, path);

  /** C of every stored layer. */
  const openMoments = async (
    path: string,
    prefix: string,
    layers: readonly number[],
  ): Promise<Statistics> => {
    const tensor = await tensorsOf(path);
    const moments = new Map<number, SecondMoment>();
    for (const layer of layers) {
      const { shape, values } = await tensor(`${prefix}${layer}`);
      moments.set(layer, { width: shape[0]!, values, tokens: 0, convergence: [] });
    }
    return { modelHash: "", textHash: "", layers: moments };
  };

  const memitContexts = async (model: string): Promise<string[]> => {
    const { memit_context_templates: groups } = await readJson<{ memit_context_templates: string[][] }>(
      `editing/${model}/second_moments/case.json`,
    );
    return groups.flat();
  };

  return { readJson, tensorsOf, openMoments, memitContexts };
}

/** Cases in the repository leave out what follows from other tensors. */
export const storesTensor = (stored: StoredTensors, name: string): Promise<boolean> =>
  stored(name).then(
    () => true,
    () => false,
  );

/** Relative difference between what a run dumped and what is stored. */
export async function errorOf(
  dumped: readonly NamedTensor[],
  name: string,
  stored: StoredTensors,
  storedName = name,
): Promise<number> {
  const found = dumped.find((tensor) => tensor.name === name);
  if (!found) throw new Error(`the run dumped no ${name}`);
  const expected = await stored(storedName);
  if (found.shape.join() !== expected.shape.join())
    throw new Error(`${name} is [${found.shape.join()}], stored [${expected.shape.join()}]`);
  return relativeDifference(Float64Array.from(found.values), expected.values);
}
