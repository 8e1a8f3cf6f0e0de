/** Targets in block output space, keys and the layer's solution on WebGPU against EMMET's published run. */
import { beforeAll, expect, test } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { relativeDifference } from "../linalg/norms";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import { computeEdit } from "./computeEdit";
import { openTensors } from "./testing/romeCases";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const NAME = "tiny-facts2-gpt2";

type Stored = {
  requests: { prompt: string; subject: string; target_new: string }[];
  layers: number[];
  hparams: Record<string, number>;
  tolerance: { z_rel: number };
};

const json = async <T>(path: string): Promise<T> =>
  JSON.parse(new TextDecoder().decode(await fetchFixture(path))) as T;

beforeAll(async () => void (await webgpuEngine()));

test("the first request's target and key are the published ones", async () => {
  const stored = await json<Stored>(`editing/${NAME}/emmet_batch8/case.json`);
  const tensor = await openTensors(fetchFixture, `editing/${NAME}/emmet_batch8/tensors.safetensors`);
  const moments = await openTensors(fetchFixture, `editing/${NAME}/second_moments/tensors.safetensors`);
  const { memit_context_templates: groups } = await json<{ memit_context_templates: string[][] }>(
    `editing/${NAME}/second_moments/case.json`,
  );
  const model = await loadFixture(fetchFixture, NAME);
  const [layer] = stored.layers as [number];
  const { values } = await moments(`C.${layer}`);
  const moment = { width: model.config.mlpWidth, values, tokens: 0, convergence: [] };
  const statistics = { modelHash: "", textHash: "", layers: new Map([[layer, moment]]) };
  const { v_lr, v_num_grad_steps, v_weight_decay, clamp_norm_factor, kl_factor, mom2_update_weight } =
    stored.hparams as Record<string, number>;
  const settings = { layers: [layer], v_lr: v_lr!, v_num_grad_steps: v_num_grad_steps!, v_weight_decay: v_weight_decay!, clamp_norm_factor: clamp_norm_factor!, kl_factor: kl_factor!, mom2_update_weight: mom2_update_weight! }; // prettier-ignore
  const { prompt, subject, target_new: targetNew } = stored.requests[0]!;
  const requests = [{ prompt, subject, targetNew, paraphrases: [], neighbours: [] }];
  const before = memory();
  const call = { method: "EMMET" as const, requests, settings, seed: 1 };
  const { intermediates } = await computeEdit(model, call, { ...QUIET, contexts: groups.flat(), statistics });
  expect(memory()).toEqual(before);
  for (const name of ["z", `K.${layer}`]) {
    const { shape, values: all } = await tensor(name);
    const first = Float64Array.from({ length: shape[0]! }, (_, row) => all[row * shape[1]!]!);
    const own = Float64Array.from(intermediates.find((one) => one.name === name)!.values);
    expect(relativeDifference(own, first), name).toBeLessThan(10 * stored.tolerance.z_rel);
  }
  model.dispose();
});
