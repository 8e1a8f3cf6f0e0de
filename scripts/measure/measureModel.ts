/**
 * Measures a shipped model with the lab's own engine and writes docs/own-model/metrics.json: recall of all facts, the total
 * effect of the corruption, recall of the planted facts, and ROME on many facts at the lab's default layer. Run by
 * measureModel.mjs; what is measured already for these weights is not measured again. Average traces are
 * `palimpsest trace-average` over the same facts, which are written beside (traced-facts.json).
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { romeDefaults } from "../../src/editing/settings/romeSettings";
import { drawKnown, everyQuestion, fill, oneQuestionEach } from "./factList";
import { openShipped, type Shipped } from "./openShipped";
import { recall } from "./recall";
import { romeCases, romeRow, romeSummary, type RomeRow } from "./romeScores";
import { statisticsPrecision } from "./statisticsPrecision";
import { totalEffect } from "./totalEffect";

/** Which facts are drawn; changing it measures others. */
const SEED = 7;

/** Rows of edits between two writings of the file. */
const KEEP_EVERY = 5;

export type MeasureOptions = { folder: string; root: string; out: string; edits: number; every: boolean };

type Metrics = Record<string, unknown> & { modelHash: string; wordings: string; romeRows: RomeRow[] };

const tell = (text: string): void => void process.stderr.write(`\r\x1b[2K${text}`);

export async function measureModel({ folder, root, out, edits, every }: MeasureOptions): Promise<void> {
  const shipped = await openShipped(folder, root);
  const { model, stack, facts, prepared } = shipped;
  await mkdir(out, { recursive: true });
  const file = join(out, "metrics.json");
  const drawn = drawKnown(facts, edits, SEED);
  const before = await readMetrics(file, model.hash);
  const metrics: Metrics = before ?? {
    ...(await measureKnowledge(shipped, out, drawn, every)),
    romeRows: [],
  };

  const { layer } = romeDefaults(model.config);
  const inputs = { contexts: prepared.contexts.templates, statistics: await shipped.statistics(layer) };
  const cases = romeCases(facts, drawn, SEED);
  const keep = (): Promise<void> => writeFile(file, asText(metrics, layer));
  await keep();
  for (const one of cases.slice(metrics.romeRows.length)) {
    metrics.romeRows.push(await romeRow(model, stack, one, inputs));
    tell(`ROME ${metrics.romeRows.length} of ${cases.length}: ${fill(one.request.prompt, one.fact.subject)}`);
    if (metrics.romeRows.length % KEEP_EVERY === 0) await keep();
  }
  await keep();
  tell("");
  shipped.dispose();
}

/** Writes statistics-precision.json: `edits` edits with shipped and with float64 statistics of the shipped corpus. */
export async function measurePrecision({
  folder,
  root,
  out,
  edits,
}: Omit<MeasureOptions, "every">): Promise<void> {
  const shipped = await openShipped(folder, root);
  const texts = (await readFile(join(folder, "corpus.txt"), "utf8")).split("\n").filter(Boolean);
  const { layer } = romeDefaults(shipped.model.config);
  const found = await statisticsPrecision(shipped, layer, texts, edits);
  await writeFile(join(out, "statistics-precision.json"), `${JSON.stringify(found, undefined, 1)}\n`);
  shipped.dispose();
}

/** What a file of earlier measurements holds, when it is about these weights. */
async function readMetrics(file: string, modelHash: string): Promise<Metrics | undefined> {
  try {
    const found = JSON.parse(await readFile(file, "utf8")) as Metrics;
    return found.modelHash === modelHash ? found : undefined;
  } catch {
    return undefined;
  }
}

async function measureKnowledge(
  { model, facts, planted, prepared, manifest }: Shipped,
  out: string,
  drawn: ReturnType<typeof drawKnown>,
  every: boolean,
): Promise<Omit<Metrics, "romeRows"> & { modelHash: string; wordings: string }> {
  const traced = drawn.map(({ subject, relation, target }) => {
    const prompt = facts.relations[relation]!.templates[0]!;
    return { prompt, subject, attribute: target };
  });
  await writeFile(join(out, "traced-facts.json"), `${asLines(traced)}\n`);
  const questions = every ? everyQuestion(facts) : oneQuestionEach(facts, SEED);
  const known = await recall(model, questions, (done) => tell(`recall ${done} of ${questions.length}`));
  const plantedRecall = await recall(model, everyQuestion(planted));
  const asked = traced.map(({ prompt, subject }) => ({ prompt: fill(prompt, subject), subject }));
  const effect = await totalEffect(model, asked, prepared.subjectDeviation);
  return {
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
  };
}

/** Readable and line by line, so that a change shows as lines. */
function asText({ romeRows, rome: _, ...metrics }: Metrics, layer: number): string {
  const head = JSON.stringify(metrics, undefined, 1).replace(/\n\}$/u, "");
  const summary = romeRows.length > 0 ? { layer, ...romeSummary(romeRows) } : { layer, edits: 0 };
  return `${head},\n "rome": ${JSON.stringify(summary)},\n "romeRows": ${asLines(romeRows)}\n}\n`;
}

const asLines = (items: readonly unknown[]): string =>
  items.length === 0 ? "[]" : `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
