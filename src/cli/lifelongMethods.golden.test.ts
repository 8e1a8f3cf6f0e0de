/** Sequences by every method that the lifelong workspace names: the published code's curves, and going on to the same bits. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixturePath } from "../../tests/sharedFixtures";
import { CASES, readJson, runSequence, sequenceWords } from "./testing/sequences";

/** PALIMPSEST_ALL_CASES follows the curves to their end, 60 edits each; otherwise their beginning. */
const ALL = process.env["PALIMPSEST_ALL_CASES"] !== undefined;

type Curve = {
  hparams: Record<string, unknown>;
  curve: {
    edits: number;
    efficacy_p?: number;
    paraphrase_p?: number;
    neighborhood_p?: number;
    untouched_p: number;
    first10_efficacy_p?: number;
    last10_efficacy_p?: number;
    relative_change: Record<string, number>;
    weight_norm: Record<string, number>;
  }[];
};

const TARGET = ["v_lr", "v_num_grad_steps", "v_weight_decay", "clamp_norm_factor", "kl_factor"];
const CURVES = [
  { method: "ROME", layers: "1", contexts: "rome", names: [...TARGET, "mom2_adjustment"] },
  { method: "MEMIT", layers: "0,1,2", contexts: "memit", names: [...TARGET, "mom2_update_weight"] },
  { method: "AlphaEdit", layers: "0,1,2", contexts: "memit", names: [...TARGET, "nullspace_threshold", "L2"] },
] as const; // prettier-ignore

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "palimpsest-sequences-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the published code's curves", () => {
  const ends = new Map<string, number[]>();

  // ROME's beginning is in lifelong.golden.test.ts, and AlphaEdit's takes long: three layers are decomposed first.
  test.each(ALL ? CURVES : CURVES.slice(1, 2))("$method", async ({ method, layers, contexts, names }) => {
    const name = `lifelong_${method.toLowerCase()}.json`;
    const { hparams, curve } = readJson<Curve>(fixturePath(`${CASES}/${name}`));
    const settings = ["--set", ...names.map((one) => `${one}=${String(hparams[one])}`)];
    const limit = ALL ? "60" : "10";
    const { points } = await runSequence(
      sequenceWords({ folder, method, layers, contexts }, ["--limit", limit, ...settings]),
    );
    expect(points).toHaveLength(ALL ? 7 : 2);
    for (const [at, point] of points.entries()) {
      const stored = curve[at]!;
      expect(point.edits).toBe(stored.edits);
      expect(Math.abs(point.untouched!.p - stored.untouched_p), `untouched after ${point.edits}`).toBeLessThan(0.1); // prettier-ignore
      if (at === 0) continue;
      expect(Math.abs(point.efficacy!.p - stored.efficacy_p!), `efficacy after ${point.edits}`).toBeLessThan(0.1); // prettier-ignore
      expect(Math.abs(point.paraphrases!.p - stored.paraphrase_p!)).toBeLessThan(0.1);
      expect(Math.abs(point.neighbourhood!.p - stored.neighborhood_p!)).toBeLessThan(0.1);
      const [oldest, newest] = [point.retention[0]!, point.retention.at(-1)!];
      expect([oldest.from, newest.to]).toEqual([0, point.edits]);
      expect(Math.abs(oldest.p - stored.first10_efficacy_p!), `oldest after ${point.edits}`).toBeLessThan(
        0.1,
      );
      expect(Math.abs(newest.p - stored.last10_efficacy_p!), `newest after ${point.edits}`).toBeLessThan(0.1);
    }
    const last = points.at(-1)!;
    ends.set(method, [last.efficacy!.p, last.neighbourhood!.p, last.untouched!.p]);
    const { relative_change: change, weight_norm: size } = curve[points.length - 1]!;
    for (const { weight, norm, relativeChange } of last.norms) {
      const layer = weight.split(".")[1]!;
      expect(Math.abs(relativeChange / change[layer]! - 1)).toBeLessThan(0.1);
      expect(Math.abs(norm / size[layer]! - 1)).toBeLessThan(0.1);
    }
  });

  test.runIf(ALL)("rank the methods as published: AlphaEdit, MEMIT, ROME", () => {
    for (const value of [0, 1, 2]) {
      const [rome, memit, alphaEdit] = ["ROME", "MEMIT", "AlphaEdit"].map((name) => ends.get(name)![value]!);
      expect(alphaEdit).toBeGreaterThan(memit!);
      expect(memit).toBeGreaterThan(rome!);
    }
  });
});

describe("interrupted and resumed, a sequence comes to the same bits", () => {
  const QUICK: [string, string, string[]][] = [
    ["MEMIT", "1,2", ["v_num_grad_steps=2"]],
    ["EMMET", "1", ["v_num_grad_steps=2"]],
    ["GRACE", "4", ["n_iter=2"]],
    ["WISE", "3", ["n_iter=2"]],
  ];
  const SLOW: [string, string, string[]][] = [
    ["R-ROME", "1", ["v_num_grad_steps=2"]],
    ["AlphaEdit", "1", ["v_num_grad_steps=2", "nullspace_threshold=0.05"]],
  ];
  test.each(ALL ? [...QUICK, ...SLOW] : QUICK)("%s", async (method, layers, settings) => {
    const quick = ["--limit", "2", "--every", "1", "--set", ...settings];
    const words = sequenceWords({ folder, method, layers, contexts: "memit", untouched: 4 }, quick);
    const whole = await runSequence(words);
    expect(whole.points.map(({ edits }) => edits)).toEqual([0, 1, 2]);
    expect(new Set(whole.points.map(({ weightHash }) => weightHash)).size).toBe(3);
    const file = join(folder, `${method}.json`);
    const stop = new AbortController();
    const interrupted = runSequence([...words, "--resume", file], stop.signal, (note) => {
      if (note.startsWith("Edit 2")) stop.abort();
    });
    await expect(interrupted).rejects.toMatchObject({ code: "cancelled" });
    const resumed = await runSequence([...words, "--resume", file]);
    const timeless = whole.points.map(({ milliseconds: _, ...point }) => point);
    expect(resumed.points.map(({ milliseconds: _, ...point }) => point)).toEqual(timeless);
  });
});
