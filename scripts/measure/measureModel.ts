/**
 * Measures a shipped model with the lab's own engine and writes docs/own-model/metrics.json: recall of all facts in all
 * wordings, the total effect of the corruption, ROME on many facts at the lab's default layer, recall of the planted facts. Run by measureModel.mjs; the
 * traces are `palimpsest trace-average`, over the same facts, which are written beside (traced-facts.json).
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { romeDefaults } from "../../src/editing/settings/romeSettings";
import { drawKnown, everyQuestion, fill, oneQuestionEach } from "./factList";
import { openShipped } from "./openShipped";
import { recall } from "./recall";
import { totalEffect } from "./totalEffect";
import { romeCases, romeRow, romeSummary, type RomeRow } from "./romeScores";

/** Which facts are drawn; changing it measures others. */
export const SEED = 7;

export type MeasureOptions = { folder: string; root: string; out: string; edits: number; every: boolean };

export async function measureModel({ folder, root, out, edits, every }: MeasureOptions): Promise<void> {
  const shipped = await openShipped(folder, root);
  const { model, stack, facts, planted, prepared, manifest } = shipped;
  const tell = (text: string): void => void process.stderr.write(`\r\x1b[2K${text}`);
  await mkdir(out, { recursive: true });

  const drawn = drawKnown(facts, edits, SEED);
  const traced = drawn.map(({ subject, relation, target }) => {
    const prompt = facts.relations[relation]!.templates[0]!;
    return { prompt, subject, attribute: target };
  });
  const asked = traced.map(({ prompt, subject }) => ({ prompt: fill(prompt, subject), subject }));
  await writeFile(join(out, "traced-facts.json"), `${asLines(traced)}\n`);

  const questions = every ? everyQuestion(facts) : oneQuestionEach(facts, SEED);
  const known = await recall(model, questions, (done) => tell(`recall ${done} of ${questions.length}`));
  const plantedRecall = await recall(model, everyQuestion(planted));

  const effect = await totalEffect(model, asked, prepared.subjectDeviation);
  tell(`total effect ${effect.total.mean.toFixed(3)}`);

  const { layer } = romeDefaults(model.config);
  const inputs = { contexts: prepared.contexts.templates, statistics: await shipped.statistics(layer) };
  const rows: RomeRow[] = [];
  for (const one of romeCases(facts, drawn, SEED)) {
    rows.push(await romeRow(model, stack, one, inputs));
    tell(`ROME ${rows.length} of ${drawn.length}: ${fill(one.request.prompt, one.fact.subject)}`);
  }
  const metrics = {
    model: manifest.name,
    modelHash: model.hash,
    weights: manifest.files.find(({ name }) => name === "model.safetensors")?.sha256,
    parameters: model.parameters,
    facts: facts.facts.length,
    subjects: new Set(facts.facts.map(({ subject }) => subject)).size,
    relations: Object.keys(facts.relations).length,
    wordings: every ? "all" : "one trained and one held-out wording per fact, drawn by the seed",
    seed: SEED,
    recall: known,
    planted: { facts: planted.facts.length, trained: plantedRecall.trained, heldOut: plantedRecall.heldOut },
    effect,
    rome: { layer, ...romeSummary(rows) },
  };
  const { rome, ...rest } = metrics;
  const text = JSON.stringify(rest, undefined, 1).replace(/\n\}$/u, "");
  const romeText = `"rome": ${JSON.stringify(rome)},\n "romeRows": ${asLines(rows)}`;
  await writeFile(join(out, "metrics.json"), `${text},\n ${romeText}\n}\n`);
  tell("");
  shipped.dispose();
}

/** A list with one line per item, so that a change shows as lines. */
const asLines = (items: readonly unknown[]): string =>
  `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
