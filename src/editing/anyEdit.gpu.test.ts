/**
 * AnyEdit and UnKE on WebGPU against the AnyEdit repository's own runs, whole, within ten times the bounds: every chunk's
 * state, losses and shift, every layer's change or all steps of the block's training, the answer afterwards. AnyEdit over MEMIT
 * in four chunks and AlphaEdit with one state on both architectures; UnKE on GPT-2, and with VITE_PALIMPSEST_ALL_CASES on Llama
 * and under AnyEdit's sixteen chunks (half a minute each). The clone holds GPT-2's AlphaEdit and UnKE, the others are
 * ../shared's; where that is absent the first two chunks of the clone's run of sixteen stand for AnyEdit.
 */
import { beforeAll, expect, test } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { norm } from "../linalg/norms";
import { loadFixture } from "../model/testing/openFixture";
import { findChunkTargets } from "./chunkTargets";
import { windowChunks } from "./chunks";
import { longText } from "./longTexts";
import { describeAnyEdit } from "./testing/describeAnyEdit";
import { describeUnke } from "./testing/describeUnke";
import { expectChunkLosses, LONG_MODELS, openLongCase } from "./testing/longCases";
import { allCases, webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

for (const name of LONG_MODELS)
  describeAnyEdit(name, ["03-memit-are-w20", "09-alphaedit-baseline"], webgpuComparison);
describeUnke("tiny-facts-gpt2", ["13-unke-baseline"], webgpuComparison);
if (allCases) {
  describeUnke("tiny-facts-gpt2", ["11-unke-are-w4"], webgpuComparison);
  describeUnke("tiny-facts-llama", ["13-unke-baseline"], webgpuComparison);
}

const { read, has, slack, record } = webgpuComparison;

test.skipIf(has("anyedit/tiny-facts-gpt2/03-memit-are-w20/case.json"))("AnyEdit's first chunks", async () => {
  const { stored, requests } = await openLongCase(read, "tiny-facts-gpt2", "02-memit-are-w6-v2");
  const hparams = stored.hparams as unknown as Record<string, number>;
  const model = await loadFixture(read, "tiny-facts-gpt2");
  const text = longText(model, requests[0]!, { chat: false, endOfText: true });
  const chunks = windowChunks(text.answer.length, hparams["window_size"]!, hparams["overlap"]!).slice(0, 2);
  const settings = {
    steps: hparams["v_num_grad_steps"]!,
    learningRate: hparams["v_lr"]!,
    weightDecay: hparams["v_weight_decay"]!,
    clampNormFactor: hparams["clamp_norm_factor"]!,
    earlyStopLoss: 1e-2,
  };
  const found = await findChunkTargets(model, text, chunks, {
    layer: stored.hparams.layers.at(-1)!,
    settings,
  });
  expect(found.map(({ lookup }) => lookup)).toEqual(stored.positions[0]!.slice(0, 2));
  const losses = found.map(({ steps }) => steps);
  const compared = { ...stored, z: stored.z.slice(0, 2) };
  expectChunkLosses(losses, compared, slack, (what, error) => record("AnyEdit", "first chunks", what, error));
  found.forEach(({ deltas }, at) => {
    const size = stored.z[at]!.delta_norm.at(-1)!;
    expect(Math.abs(norm(deltas.at(-1)!) / size - 1)).toBeLessThan(slack * stored.tolerance.delta_z_rel);
  });
  model.dispose();
});
