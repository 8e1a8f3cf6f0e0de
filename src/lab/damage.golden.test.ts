/** The damage meter on the model that ships: nothing on the checkpoint, an edit's own fact left out, ruin in red. */
import { expect, test } from "vitest";
import type { DamageKind, DamageReport } from "../domain/damage";
import { createLab } from "./createLab";
import { nodeEnvironment } from "./nodeEnvironment";

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };
const valueOf = (report: DamageReport, kind: DamageKind) =>
  report.measures.find((one) => one.kind === kind)?.value;

const REQUEST = {
  prompt: "The capital of {} is",
  subject: "Norway",
  targetNew: "Vienna",
  targetTrue: "Oslo",
  paraphrases: [],
  neighbours: [{ prompt: "The capital of {} is", subject: "Austria", target: "Vienna" }],
};

test("is green on the checkpoint, stays so after one edit, and turns red where the weights are broken", async () => {
  const lab = createLab(nodeEnvironment({ backend: "wasm" }));
  await lab.load({ source: { kind: "embedded", name: "palimpsest-facts" } }, quiet);
  const clean = await lab.damage({}, quiet);
  expect(clean).toMatchObject({ level: "sound", edits: 0 });
  expect(valueOf(clean, "drift")).toBe(0);
  expect(valueOf(clean, "perplexity")).toBe(1);
  expect(valueOf(clean, "norm")).toBeUndefined();

  const careful = { method: "ROME", requests: [REQUEST], settings: {}, seed: 1 } as const;
  await lab.edit(careful, quiet);
  const edited = await lab.damage({}, quiet);
  expect(edited).toMatchObject({ level: "sound", edits: 1 });
  expect(valueOf(edited, "drift")).toBeGreaterThan(0);
  expect(valueOf(edited, "neighbours")).toBeGreaterThan(0.9);
  const { weightHash, milliseconds: _, ...numbers } = edited;

  // Without C the change falls on every key that looks alike, and without a clamp it is as large as it likes.
  const ruinous = {
    useSecondMoment: false,
    clampNormFactor: 100,
    learningRate: 5,
    weightDecay: 0,
    klFactor: 0,
  };
  await lab.edit({ ...careful, requests: [{ ...REQUEST, subject: "Peru" }], settings: ruinous }, quiet);
  const broken = await lab.damage({}, quiet);
  expect(broken.level).toBe("broken");
  expect(valueOf(broken, "facts")).toBeLessThan(0.75);

  // Going back is exact, and so are the numbers.
  expect((await lab.useFirstEdits({ count: 1 }, quiet)).weightHash).toBe(weightHash);
  const again = await lab.damage({}, quiet);
  expect(again).toMatchObject(numbers);
  await expect(lab.useFirstEdits({ count: 3 }, quiet)).rejects.toMatchObject({ code: "bad-request" });
  expect((await lab.keepFirstEdits({ count: 1 }, quiet)).edits).toHaveLength(1);

  // What is put in front of every question disturbs the answers too, though no weight has changed.
  await lab.edit({ ...careful, method: "IKE" }, quiet);
  const crowded = await lab.damage({}, quiet);
  expect(valueOf(crowded, "drift")).toBeGreaterThan(2 * valueOf(edited, "drift")!);
});
