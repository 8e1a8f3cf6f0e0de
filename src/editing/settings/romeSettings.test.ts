/** Settings: published and readable names, defaults of the models in use, refusals. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AppError } from "../../lib/errors";
import { readRomeSettings, romeDefaults } from "./romeSettings";
import type { Settings } from "./settingSpec";

const TINY = { family: "gpt2", layers: 6, residualWidth: 96 };

function refusal(given: Settings): AppError {
  try {
    readRomeSettings(given, TINY);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error(`${JSON.stringify(given)} was accepted`);
}

describe("defaults", () => {
  test.each([
    [TINY, 1],
    [{ family: "llama", layers: 30, residualWidth: 576 }, 7],
    [{ family: "gpt2", layers: 48, residualWidth: 1600 }, 17],
    [{ family: "qwen3", layers: 24, residualWidth: 777 }, 8],
    [{ family: "llama", layers: 1, residualWidth: 8 }, 0],
  ])("%o edits layer %i", (model, layer) => expect(romeDefaults(model).layer).toBe(layer));

  test("are the fixtures' settings on the fixtures' model", () => {
    const path = "tests/fixtures/editing/tiny-facts2-gpt2/rome_1_mom2/case.json";
    const { hparams } = JSON.parse(readFileSync(path, "utf8")) as { hparams: Record<string, unknown> };
    const flat = Object.entries(hparams).map(([name, value]) => [
      name,
      Array.isArray(value) ? JSON.stringify(value) : value,
    ]);
    const { settings, notes } = readRomeSettings(Object.fromEntries(flat) as Settings, TINY);
    expect(settings).toEqual(romeDefaults(TINY));
    expect(notes.join(" ")).toContain("rewrite_module_tmp");
  });
});

describe("names", () => {
  test("published and readable names mean the same", () => {
    expect(readRomeSettings({ v_lr: "0.1", mom2_adjustment: "false", layers: "[2]" }, TINY).settings).toEqual(
      readRomeSettings({ learningRate: 0.1, useSecondMoment: false, layer: 2 }, TINY).settings,
    );
  });

  test("an unknown name is refused with the nearest", () => {
    expect(refusal({ v_lrr: 1 })).toMatchObject({ code: "bad-request", remedy: "Did you mean “v_lr”?" });
    expect(refusal({ constructor: 1 }).code).toBe("bad-request");
  });

  test("ROME's loss layer is the last one, and says so", () => {
    const { settings, notes } = readRomeSettings({ v_loss_layer: 3 }, TINY);
    expect(settings.lossLayer).toBe(5);
    expect(notes).toHaveLength(1);
  });
});

test.each<[Settings, string]>([
  [{ layer: 6 }, "between 0 and 5"],
  [{ layer: 1.5 }, "whole number"],
  [{ layers: "[1,2]" }, "a number: this method edits one layer"],
  [{ layers: [1, 2] }, "a number: this method edits one layer"],
  [{ v_lr: "1,2" }, "must be a number."],
  [{ steps: 0 }, "between"],
  [{ v_lr: "fast" }, "a number"],
  [{ v_lr: "" }, "a number"],
  [{ v_lr: Number.NaN }, "a number"],
  [{ mom2_adjustment: 1 }, "true or false"],
  [{ fact_token: "subject" }, "one of subject_last"],
])("%o is refused: %s", (given, sentence) => expect(refusal(given).message).toContain(sentence));
