/**
 * Long answers written by several methods, each measured and taken back: one JSON line per text and method, appended as
 * it is done, so that an interrupted run goes on where it was.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { EditRequest, Settings } from "../../../src/domain/edit";
import { createMoments } from "../../../src/editing/moments";
import { longText, type LongText } from "../../../src/editing/longTexts";
import { anyEdit, findStates, writeChunks } from "../../../src/editing/methods/anyEdit";
import { unke } from "../../../src/editing/methods/unke";
import type { MethodResult, RecipeContext, RecipeInput } from "../../../src/editing/methods/method";
import type { anyEditDefinition, AnyEditSettings } from "../../../src/editing/settings/anyEditSettings";
import { readWith } from "../../../src/editing/settings/sharedSettings";
import type { StatedText } from "../../../src/editing/statedTexts";
import { textPerplexity } from "../../../src/evaluation/perplexity";
import { legacyRandom } from "../../../src/lib/random/legacyRandom";
import { measureText, type TextMeasures } from "./measureText";
import { openLab, type OpenLab } from "./openLab";
import { readVariants, type Variant, type VariantFile } from "./variants";

export type LongRecord = { id: string; form: string; question: string; answer: string };

export type LongRow = Omit<TextMeasures, "greedy"> & {
  /** Absent where what was written may not be kept; `similarity` stands for it then. */
  greedy?: string;
  id: string;
  form: string;
  /** "before", or a variant's name. */
  variant: string;
  /** Answer tokens, the end token included. */
  tokens: number;
  modelHash: string;
  /** States that were optimised; mean of their last losses, and how many passes that took. */
  chunks?: number;
  loss?: number;
  passes?: number;
  similarity?: number;
  /** ‖ΔW‖ / ‖W‖, the largest of the edited weights. */
  relativeChange?: number;
  /** On held text; of the untouched model in the row "before". */
  perplexity: number;
  seconds: number;
};

type RunOptions = {
  model: string;
  data: string;
  variants: string;
  out: string;
  limit: number;
  /** Second moments from so many lines only, kept beside `out`. */
  lines?: number;
  say: (line: string) => void;
};

export async function run({
  model: ref,
  data,
  variants: path,
  out,
  limit,
  lines,
  say,
}: RunOptions): Promise<void> {
  const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
  const records = (read(data) as LongRecord[]).slice(0, limit);
  const variants = readVariants(read(path) as VariantFile);
  const lab = await openLab(ref, lines === undefined ? undefined : { count: lines, folder: dirname(out) });
  const done = new Set(
    rowsOf(out)
      .filter((row) => row.modelHash === lab.model.hash)
      .map(({ id, variant }) => `${id} ${variant}`),
  );
  for (const record of records) {
    const found = new Map<string, Found>();
    for (const variant of ["before" as const, ...variants]) {
      const name = variant === "before" ? variant : variant.name;
      if (done.has(`${record.id} ${name}`)) continue;
      const row = await rowFor(lab, record, variant, variants, found);
      appendFileSync(out, `${JSON.stringify(row)}\n`);
      say(
        `${record.id} ${name} ${row.tokens} tokens: nll ${row.nll.toFixed(2)} argmax ${row.argmax.toFixed(2)} ROUGE-L ${row.rougeL.toFixed(2)} BLEU ${row.bleu.toFixed(2)} diverges ${row.divergence} ppl ${row.perplexity.toFixed(2)} ${row.seconds.toFixed(0)} s`,
      );
    }
  }
  await lab.close();
}

export const rowsOf = (file: string): LongRow[] =>
  !existsSync(file)
    ? []
    : readFileSync(file, "utf8")
        .split("\n")
        // A run killed while it wrote leaves half a line.
        .flatMap((line) => {
          try {
            return [JSON.parse(line) as LongRow];
          } catch {
            return [];
          }
        });

const requestOf = ({ question, answer }: LongRecord): EditRequest => ({
  prompt: "{}",
  subject: question,
  targetNew: answer,
  paraphrases: [],
  neighbours: [],
});

type Found = { stated: StatedText[]; seconds: number };

async function rowFor(
  lab: OpenLab,
  record: LongRecord,
  variant: Variant | "before",
  all: readonly Variant[],
  found: Map<string, Found>,
): Promise<LongRow> {
  const { model, stack } = lab;
  const started = performance.now();
  const settings = settingsOf(lab, variant === "before" ? all[0]! : variant);
  const text: LongText = longText(model, requestOf(record), settings);
  const common = {
    id: record.id,
    form: record.form,
    variant: variant === "before" ? variant : variant.name,
    tokens: text.answer.length,
    modelHash: model.hash,
  };
  const finish = async () => ({
    ...(await measureText(model, text)),
    perplexity: (await textPerplexity(model, lab.held)).perplexity,
  });
  if (variant === "before")
    return { ...common, ...(await finish()), seconds: (performance.now() - started) / 1000 };
  const { result, seconds } = await compute(lab, record, variant, settings, found);
  const id = await stack.add({
    name: record.id,
    method: variant.method,
    settings,
    requests: [requestOf(record)],
    updates: result.updates,
    losses: result.losses,
    seed: 1,
    statisticsHash: "",
    contexts: ["{}"],
    created: "",
  });
  const edit = stack.state.edits.find((one) => one.id === id)!;
  const relativeChange = Math.max(...edit.updates.map(({ relativeNorm }) => relativeNorm));
  const after = await finish();
  await stack.remove(id);
  const last = result.losses.map((steps) => steps.at(-1)!.total);
  return {
    ...common,
    ...after,
    chunks: last.length,
    loss: last.reduce((sum, one) => sum + one, 0) / last.length,
    passes: result.losses.reduce((sum, steps) => sum + steps.length, 0),
    relativeChange,
    seconds: (performance.now() - started) / 1000 + seconds,
  };
}

const settingsOf = ({ model }: OpenLab, { method, settings }: Variant): AnyEditSettings =>
  readWith((method === "UnKE" ? unke : anyEdit).settings as typeof anyEditDefinition, settings, model.config)
    .settings;

/** Inner methods that share chunks share their states; the seconds these took are counted to each. */
async function compute(
  lab: OpenLab,
  record: LongRecord,
  variant: Variant,
  settings: AnyEditSettings,
  found: Map<string, Found>,
): Promise<{ result: MethodResult; seconds: number }> {
  const { model } = lab;
  const layers = variant.method === "UnKE" || settings.inner === "UnKE" ? [] : settings.editLayers;
  const statistics = layers.length > 0 ? await lab.statisticsOf(layers) : undefined;
  const input: RecipeInput<AnyEditSettings> = {
    requests: [requestOf(record)],
    settings,
    contexts: ["{}"],
    moments: createMoments(statistics, layers, model.config.mlpWidth, undefined, lab.nullSpaces),
    keptKeys: [],
    codebooks: [],
    sideMemories: [],
    preserve: draw(lab.texts, settings.preserveTexts),
    seed: 1,
  };
  const context: RecipeContext = { report: () => undefined };
  if (variant.method === "UnKE")
    return { result: await unke.run(model, input as RecipeInput<Settings>, context), seconds: 0 };
  const {
    chunking,
    window,
    overlap,
    editLayers,
    steps,
    learningRate,
    weightDecay,
    clampNormFactor,
    earlyStopLoss,
  } = settings;
  const key = JSON.stringify([
    chunking,
    window,
    overlap,
    editLayers.at(-1),
    steps,
    learningRate,
    weightDecay,
    clampNormFactor,
    earlyStopLoss,
  ]);
  const known = found.get(key);
  if (known)
    return { result: await writeChunks(model, input, known.stated, context), seconds: known.seconds };
  const started = performance.now();
  const stated = await findStates(model, input, context);
  found.set(key, { stated, seconds: (performance.now() - started) / 1000 });
  return { result: await writeChunks(model, input, stated, context), seconds: 0 };
}

/** As the lab draws them for an edit with seed 1. */
function draw(texts: readonly string[], count: number): string[] {
  const random = legacyRandom(1);
  return Array.from({ length: count }, () => texts[Math.floor(random.uniform() * texts.length)]!);
}
