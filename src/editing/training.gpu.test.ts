/** Training behind adapters on WebGPU against EasyEdit's own fine-tuning runs, with room for a GPU's rounding. */
import { beforeAll, expect, test } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { memory } from "../gpu/tensor";
import { fetchFixture } from "../model/testing/fetchFixture";
import { loadFixture } from "../model/testing/openFixture";
import { norm } from "../linalg/norms";
import { computeEdit } from "./computeEdit";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };

type Stored = {
  request: { prompt: string; subject: string; target_new: string };
  hparams: { layers: number[]; lr: number; num_steps: number; norm_constraint: number };
  losses: number[];
  delta_norm: Record<string, number>;
  tolerance: { loss_abs: number; delta_norm_rel: number };
};

beforeAll(async () => void (await webgpuEngine()));

test.each([
  ["FT-M", "ft_m_2_constrained"],
  ["FT-L", "ft_l_2_constrained"],
] as const)("%s goes down the published losses", async (method, folder) => {
  const name = "tiny-facts2-gpt2";
  const bytes = await fetchFixture(`editing/${name}/${folder}/case.json`);
  const stored = JSON.parse(new TextDecoder().decode(bytes)) as Stored;
  const model = await loadFixture(fetchFixture, name);
  const { prompt, subject, target_new: targetNew } = stored.request;
  const { layers, lr, num_steps, norm_constraint } = stored.hparams;
  const request = { prompt, subject, targetNew, paraphrases: [], neighbours: [] };
  const call = {
    method,
    requests: [request],
    settings: { layers, lr, num_steps, norm_constraint, scoreSpecials: true },
    seed: 1,
  };
  const before = memory();
  const { edit } = await computeEdit(model, call, { ...QUIET, contexts: ["{}"] });
  expect(memory()).toEqual(before);
  const own = edit.losses[0]!.map(({ total }) => total);
  expect(own).toHaveLength(stored.losses.length);
  own.forEach((value, at) => {
    expect(Math.abs(value - stored.losses[at]!)).toBeLessThan(10 * stored.tolerance.loss_abs);
  });
  const size = Object.entries(stored.delta_norm).find(([key]) => key.endsWith(".weight"))![1];
  const update = edit.updates.find(({ weight }) => weight.endsWith(".mlpOut"))!;
  const error = Math.abs(norm(update.kind === "dense" ? update.values : update.u) / size - 1);
  expect(error).toBeLessThan(10 * stored.tolerance.delta_norm_rel);
  model.dispose();
});
