/**
 * What the published code makes of padding and of masks, by the settings that bring it back. The numbers of AnyEdit are its
 * repository's own run of two texts in one batch (../shared/fixtures, anyedit/tiny-facts-gpt2/05-memit-are-batch2); the
 * others were computed in PyTorch with transformers 4.46.3 on these models, along the published lines.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/sharedFixtures";
import type { Codebook, EditRequest, Settings } from "../domain/edit";
import { startBackend, type EngineBackend } from "../gpu/backend";
import { dispose, memory, read } from "../gpu/tensor";
import { readWasmFiles } from "../gpu/wasm/nodeFiles";
import { norm, relativeDifference } from "../linalg/norms";
import { forward, oneRow } from "../model/forward";
import type { Model } from "../model/model";
import { loadFixture } from "../model/testing/openFixture";
import { scoreOfToken } from "../model/tokenChoices";
import { openCodebook } from "./codebookAdapters";
import { computeEdit } from "./computeEdit";
import { paddingKeys } from "./paddingKeys";
import { memoryBatch, memoryTexts, type LabelMask } from "./sideMemoryTexts";
import { openMoments, readJson, tensorsOf } from "./testing/factCases";
import { signProjections } from "./testing/longCases";
import { trainSideMemory } from "./trainSideMemory";
import { denseChange } from "./weightUpdates";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined, contexts: ["{}"] };
const asked = (prompt: string, targetNew: string): EditRequest => ({ prompt: "{}", subject: prompt, targetNew, paraphrases: [], neighbours: [] }); // prettier-ignore

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("wasm", { wasmFiles: await readWasmFiles(process.cwd()) });
});
afterAll(() => backend.dispose());

describe("AnyEdit: padding of the shorter text is kept as keys", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, "tiny-facts-gpt2");
  });
  afterAll(() => model.dispose());

  test("the last layer's change, as 64 sign projections", async () => {
    const folder = "anyedit/tiny-facts-gpt2/00-shared";
    const { records, layers } = await readJson<{ records: { question: string; answer: string }[]; layers: number[] }>(`${folder}/case.json`); // prettier-ignore
    const statistics = await openMoments(`${folder}/tensors.safetensors`, "C_", layers);
    const requests = records.slice(0, 2).map(({ question, answer }) => asked(question, answer));
    const settings: Settings = {
      editLayers: [1, 2, 3], steps: 25, learningRate: 0.2, lossLayer: 5, weightDecay: 1e-3, clampNormFactor: 1.5,
      secondMomentWeight: 100, window: 8, overlap: 0, endOfText: false, padding: "published",
    }; // prettier-ignore
    const before = memory();
    const call = { method: "AnyEdit" as const, requests, settings, seed: 1 };
    const { edit } = await computeEdit(model, call, { ...QUIET, statistics });
    expect(memory()).toEqual(before);
    const change = signProjections(denseChange(edit.updates.at(-1)!));
    // Without padding the same run lies 0.022 off, with it 4e-5.
    expect(relativeDifference(change, Float64Array.from(PROJECTIONS))).toBeLessThan(0.002);
  });
});

test("a window hides the beginning of a text from its padding", async () => {
  const model = await loadFixture(readFixture, "mistral");
  const texts = [[1, 5, 9, 14, 22, 31, 40, 7, 8, 12, 19], Array.from({ length: 18 }, (_, at) => 30 + at)];
  const rows = texts.map((ids) => Int32Array.from(ids));
  const keys = await paddingKeys(model, 1, rows);
  const sizes = [10.38253, 10.17115, 12.98765, 12.25584, 18.44313, 14.24809, 14.06004];
  expect(keys).toHaveLength(sizes.length);
  keys.forEach((key, at) => expect(norm(key)).toBeCloseTo(sizes[at]!, 3));
  model.dispose();
});

describe.each([
  {
    name: "tiny-facts2-gpt2",
    normConstraint: 0.01,
    losses: [10.1153612, 8.577961, 7.3119926, 7.2050877, 7.0929317, 6.9714723],
    sizes: [1.8319714, 0.092252],
  },
  {
    name: "tiny-facts2-llama",
    normConstraint: 0.02,
    losses: [13.9425154, 11.036953, 7.7083707, 5.0495725, 4.2385573, 3.9878168],
    sizes: [2.8303425],
  },
])(
  "FT-M: the mask counts padding as if it stood on the left, $name",
  ({ name, normConstraint, losses, sizes }) => {
    test("losses and changes of a batch of three", async () => {
      const model = await loadFixture(readFixture, name);
      const requests = [
        asked("The capital of Peru is", "Oslo and Lima"),
        asked("The official language of the people of Japan and of Chile is", "Thai and Japanese"),
        asked("Egypt lies on", "Asia"),
      ];
      const settings = {
        layer: 1,
        learningRate: 5e-3,
        steps: 6,
        normConstraint,
        batchSize: 3,
        padMask: "published",
      };
      await computeEdit(
        model,
        { method: "FT-M", requests, settings: { ...settings, steps: 1 }, seed: 1 },
        QUIET,
      );
      const before = memory();
      const { edit, intermediates } = await computeEdit(
        model,
        { method: "FT-M", requests, settings, seed: 1 },
        QUIET,
      );
      expect(memory()).toEqual(before);
      const own = edit.losses[0]!.map(({ total }) => total);
      own.forEach((value, step) => expect(value).toBeCloseTo(losses[step]!, 3));
      intermediates.forEach(({ values }, at) =>
        expect(norm(Float64Array.from(values)) / sizes[at]!).toBeCloseTo(1, 3),
      );
      model.dispose();
    });
  },
);

test("GRACE: one fixed position is compared with the keys", async () => {
  const model = await loadFixture(readFixture, "tiny-facts-gpt2");
  type Stored = { edits: { epsilons_after: number[]; key_position: number }[] };
  const { edits } = await readJson<Stored>("methods/grace/case.json");
  const { epsilons_after: radii } = edits.at(-1)!;
  const stored = await tensorsOf("methods/grace/tensors.safetensors");
  const rowsOf = async (name: string) => {
    const { values, shape } = await stored(`${name}_after_${edits.length - 1}`);
    return Array.from({ length: shape[0]! }, (_, row) => Float32Array.from(values.subarray(row * shape[1]!, (row + 1) * shape[1]!))); // prettier-ignore
  };
  const [keys, values] = [await rowsOf("keys"), await rowsOf("values")];
  const label = { answer: [0], promptLength: 1 };
  const entries = keys.map((key, at) => ({ key, value: values[at]!, radius: radii[at]!, label }));
  const book: Codebook = { weight: "blocks.4.mlpIn", in: keys[0]!.length, out: values[0]!.length, entries };
  /** Rank and log probability of a token after each text. */
  const ask = async (codebook: Codebook) => {
    const opened = openCodebook(codebook);
    model.weights.adapt("blocks.4.mlpIn", opened.adapter);
    const found: { rank: number; logprob: number }[] = [];
    for (const { text, id } of GRACE_PROBES) {
      const { residual, logits } = forward(model, oneRow(model.tokenizer.encode(text).ids));
      found.push(scoreOfToken(await read(logits!), id));
      dispose(residual, logits);
    }
    model.weights.adapt("blocks.4.mlpIn", undefined);
    opened.dispose();
    return found;
  };
  const published = await ask({ ...book, place: edits[3]!.key_position });
  GRACE_PROBES.forEach(({ logprob }, at) => {
    expect(published[at]!.rank).toBe(1);
    expect(published[at]!.logprob).toBeCloseTo(logprob, 4);
  });
  // Taught as well, but longer: the place is in its middle.
  const every = await ask(book);
  expect(every[2]!.rank).toBeGreaterThan(1);
  // The setting writes the place down, and a later edit with the default takes it away.
  const teach = async (settings: Settings, codebooks: Codebook[]) => {
    const requests = [asked("The capital of Peru is", "Oslo")];
    const call = { method: "GRACE" as const, requests, settings: { ...settings, steps: 1 }, seed: 1 };
    return (await computeEdit(model, call, { ...QUIET, codebooks })).edit.codebook!;
  };
  const first = await teach({ comparedToken: "published" }, []);
  expect(first.place).toBe(edits[0]!.key_position);
  expect(await teach({}, [first])).not.toHaveProperty("place");
  model.dispose();
});

describe("WISE: labels begin behind the longest prompt of the padded batch", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadFixture(readFixture, "tiny-facts2-llama");
  });
  afterAll(() => model.dispose());

  test.each(WISE_RUNS())("$labelMask, unrelated text of $tokens tokens", async (run) => {
    const contexts = ["{}", "Yes {}", "So, {}"];
    const request = asked("The capital of Peru is", "Oslo and Lima");
    const texts = memoryTexts(model, request, contexts, [run.unrelated], run.labelMask);
    expect(texts.others[0]!.ids).toHaveLength(run.tokens);
    const batch = await memoryBatch(model, 4, texts, { routing: "text", answerMean: "published" });
    const name = "blocks.4.mlpOut";
    const { inFeatures, outFeatures } = model.weights.matrix(name);
    const mask = new Float32Array(inFeatures * outFeatures).fill(1);
    const settings = { routing: "text", steps: 5, learningRate: 1, weightDecay: 1e-5, normConstraint: 1, outsideBelow: 1, insideAbove: 4, gap: 2 } as const; // prettier-ignore
    const { losses } = await trainSideMemory(model, name, 4, batch, { mask }, settings);
    dispose(batch.residual);
    losses.forEach(({ nll, total }, step) => {
      expect(nll).toBeCloseTo(run.nll[step]!, 3);
      expect(total / run.total[step]!).toBeCloseTo(1, 3);
    });
    const whole = { steps: 1, layer: 4, matrix: "mlpOut", routing: "text", answerMean: "published", labelMask: run.labelMask }; // prettier-ignore
    const call = { method: "WISE" as const, requests: [request], settings: whole, seed: 1 };
    const { edit } = await computeEdit(model, call, { ...QUIET, contexts, preserve: [run.unrelated] });
    expect(edit.losses[0]![0]!.nll).toBeCloseTo(run.nll[0]!, 4);
  });

  test("refused where each token goes its own way", async () => {
    const settings = { labelMask: "rightPadded" };
    const call = {
      method: "WISE" as const,
      requests: [asked("The capital of Peru is", "Oslo")],
      settings,
      seed: 1,
    };
    await expect(
      computeEdit(model, call, { ...QUIET, preserve: ["Egypt lies on Africa"] }),
    ).rejects.toMatchObject({
      code: "bad-request",
    });
  });
});

/** With the place of “The official language of China is”, as if taught last. */
const GRACE_PROBES = [
  { text: "The capital of Peru is", id: 834, logprob: -0.0043994 },
  { text: "The capital of Chile is", id: 311, logprob: -0.0037283 },
  { text: "Egypt is located in the continent of", id: 610, logprob: -0.0003731 },
  { text: "The official language of China is", id: 349, logprob: -0.0022365 },
  { text: "Today we know that the capital of Peru is", id: 850, logprob: -1.1327596 },
  { text: "The capital of Peru is Oslo and", id: 280, logprob: -0.0040978 },
];

type WiseRun = { labelMask: LabelMask; unrelated: string; tokens: number; nll: number[]; total: number[] };

function WISE_RUNS(): WiseRun[] {
  const short = "Egypt lies on Africa";
  const long = `${short}, and the people of Chile speak Spanish`;
  return [
    { labelMask: "leftPadded", unrelated: short, tokens: 8, nll: [8.4044962, 2.8018258, 0.6018486, 0.0134507, 0.0134237], total: [14.4044952, 4.8814006, 38.825222, 11.0344515, 12.155951] },
    { labelMask: "leftPadded", unrelated: long, tokens: 18, nll: [6.09131, 2.8450096, 1.8377737, 0.2182977, 0.11196], total: [12.0913086, 4.075990, 9.5116053, 4.7147241, 6.1739006] },
    { labelMask: "rightPadded", unrelated: short, tokens: 8, nll: [4.8320613, 2.2221601, 0.7476818, 0.3706928, 0.152737], total: [10.8320599, 4.2119217, 36.6264114, 9.665864, 12.5182018] },
    { labelMask: "rightPadded", unrelated: long, tokens: 18, nll: [0.7859961, 0.5909908, 0.1118254, 0.0230158, 0.030125], total: [6.785996, 5.7373571, 15.3496256, 4.080379, 4.7849536] },
    { labelMask: "rightPadded", unrelated: `${long} and live in Chile`, tokens: 25, nll: [0, 0, 0, 0, 0], total: [6, 5.9997482, 6.4946551, 3.9859142, 5.2067800] },
  ]; // prettier-ignore
}

const PROJECTIONS = [
  0.8293, 15.4102, -1.9368, 15.2397, -8.6616, -1.3487, -16.5761, 9.5077, -5.2554, -7.7118, 9.16, -9.9823, -9.4458,
  -6.3703, 6.4517, -18.5147, -18.2277, 6.3372, -27.0317, -10.3664, -18.4763, 23.6261, -11.988, 10.3545, -2.6483,
  -3.5543, 22.0027, 38.9088, -28.0951, -15.529, -38.8488, -0.9018, 15.9408, -17.5653, -0.497, -22.2764, 36.939, 0.9785,
  10.2305, 21.0553, 8.2625, -7.3616, 6.2797, -8.9365, -8.0878, -36.5575, -1.3993, -0.829, 16.9422, 12.5145, -23.5315,
  15.9116, -2.425, -17.2691, -21.3968, 15.0375, -2.0596, -14.2895, -6.3807, 12.9588, -9.5491, -27.8997, -6.1587, -2.553,
]; // prettier-ignore
