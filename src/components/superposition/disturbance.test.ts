/** What a preview and a check say in words, and which facts are left out of them. */
import { expect, test } from "vitest";
import type { CheckShown, PreviewShown } from "../../store/interferenceStore";
import {
  agreementSentence,
  checkedFacts,
  chunkDisturbances,
  chunksSentence,
  disturbanceSentence,
  disturbedFacts,
  probabilitySentence,
} from "./disturbance";
import {
  anglesSentence,
  atlasSentence,
  constructedSentence,
  kurtosisSentence,
  sizeSentence,
} from "./sentences";

const FACTS = ["Norway", "Peru", "Cuba", "Mali"].map((subject) => ({
  prompt: "The capital of {} is",
  subject,
}));

const PREVIEW = {
  facts: FACTS,
  call: {
    method: "ROME",
    settings: {},
    seed: 1,
    requests: [{ ...FACTS[0]!, targetNew: "x", paraphrases: [], neighbours: [] }],
  },
  result: {
    kept: [0, 1, 3],
    skipped: [],
    requests: 1,
    layers: [
      {
        layer: 2,
        coefficients: Float64Array.of(1, -0.4, 0.05),
        strength: Float64Array.of(1, 0.4, 0.05),
        exact: true,
      },
    ],
    warnings: [],
  },
} as PreviewShown;

test("facts are ranked by size, the edited one is none of the others", () => {
  const ranked = disturbedFacts(PREVIEW);
  expect(ranked.map(({ name, isOwn }) => [name, isOwn])).toEqual([
    ["Norway", true],
    ["Peru", false],
    ["Mali", false],
  ]);
  expect(disturbanceSentence(PREVIEW, ranked, 0.1)).toBe(
    "1 of 2 other facts would take more than 10\u00a0% of the change at layer 2; most falls on Peru: −0.40.",
  );
  expect(disturbanceSentence(PREVIEW, ranked, 0.5)).toMatch(/^None of 2/u);
});

test("of a long answer each chunk names the other fact that takes most of it", () => {
  const [layer] = PREVIEW.result.layers;
  const coefficients = Float64Array.of(1, -0.4, 0.05, 0.9, 0.01, 0.02);
  const result = {
    ...PREVIEW.result,
    requests: 2,
    chunks: [" Oslo", " is it"].map((text, start) => ({ request: 0, start, end: start + 1, text })),
    layers: [{ ...layer!, coefficients }],
  };
  const chunks = chunkDisturbances({ ...PREVIEW, result });
  expect(chunks.map(({ name, share }) => [name, share])).toEqual([
    ["Peru", -0.4],
    ["Mali", 0.02],
  ]);
  expect(chunksSentence(chunks, 0.1)).toMatch(/^1 of 2 chunks/u);
  expect(chunksSentence(chunks, 0.5)).toMatch(/^No chunk/u);
  expect(chunkDisturbances(PREVIEW)).toEqual([]);
});

const CHECK = {
  facts: FACTS,
  editId: "e",
  edited: new Set(["Norway"]),
  result: {
    kept: [0, 1, 3],
    skipped: [],
    layers: [
      {
        layer: 2,
        facts: [3, 2, 1].map((predicted) => ({ predicted, measured: predicted, difference: 0 })),
        relativeError: 2e-6,
      },
    ],
    probabilities: [
      { before: 1, after: 0 },
      { before: 0.9, after: 0.3 },
      { before: null, after: null },
    ],
  },
} as CheckShown;

test("a check leaves out the edited fact and names the largest loss", () => {
  const checked = checkedFacts(CHECK);
  expect(checked.map(({ name }) => name)).toEqual(["Peru", "Mali"]);
  expect(agreementSentence(CHECK.result)).toContain("layer 2 agree to 2e−6 relative over 3 facts");
  expect(probabilitySentence(checked)).toBe(
    "1 of 1 other facts fell below one half; the mean change is −0.600, the largest loss Peru from 0.90 to 0.30.",
  );
  expect(agreementSentence({ ...CHECK.result, layers: [] })).toContain("nothing to predict");
});

test("charts say what they show", () => {
  expect(atlasSentence(3, 4, { strong: 3, all: 12 }, { from: "a", to: "b", p: -0.5 })).toBe(
    "Layer 3: 3 of 12 ordered pairs of 4 facts (25\u00a0%) share more than a tenth of a change. The strongest: an edit of a puts −0.50 of its change on b.",
  );
  expect(
    kurtosisSentence([
      { layer: 0, kurtosis: 3 },
      { layer: 1, kurtosis: 1200 },
    ]),
  ).toContain("weakest at layer 1 (excess kurtosis 1,200)");
  const angles = { whitening: { median: 88.04, histogram: [] }, activation: { median: 70, histogram: [] } };
  expect(anglesSentence({ angles })).toMatch(/angle of 88\.0° in whitened space[^]*of 70\.0° as they are/u);
  const entry = (ref: string, parameters: number, kurtosis: number) => ({ ref, parameters, facts: 9, list: "f", layers: [{ layer: 0, kurtosis, kurtosisWithout: 0, absoluteMean: 0 }] }); // prettier-ignore
  expect(sizeSentence([entry("embedded:a", 1e6, 3), entry("embedded:b", 1e8, 30)])).toContain(
    "rises with size here: from a (3) to b (30)",
  );
  const partly = { ...entry("embedded:a", 1e6, 3), layers: [4, Number.NaN].map((kurtosis, layer) => ({ ...{ layer, kurtosis, kurtosisWithout: 1, absoluteMean: 1 } })) }; // prettier-ignore
  expect(sizeSentence([partly])).toContain("of a (4)");
  expect(
    constructedSentence({ facts: 64, overlap: 0 }, { meanLoss: [0, 1e-12], largestShare: 1e-12 }),
  ).toContain("nothing is lost");
  expect(constructedSentence({ facts: 64, overlap: 0.2 }, { meanLoss: [0.5], largestShare: 0.31 })).toContain(
    "50\u00a0% of a fact is lost",
  );
});
