/**
 * Tries layers and settings of the editing methods on one model and writes down how well each did
 * (docs/defaults/<model>.json), the best of them as the lab's defaults (src/editing/settings/swept.json), and the table
 * for people (docs/defaults.md). What is measured already for these weights is not measured again. Run by sweepSettings.mjs.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EditMethod, EditRequest, Settings } from "../../src/domain/edit";
import type { ModelSource } from "../../src/domain/model";
import { readCallSettings } from "../../src/editing/computeEdit";
import type { KnownTargets } from "../../src/editing/knownTargets";
import { methodNamed } from "../../src/editing/methods/methods";
import { computeInTurn } from "../../src/lab/edit";
import { durableFiles } from "../../src/lab/durableFiles";
import { gatherInputs } from "../../src/lab/editInputs";
import type { LabEnvironment } from "../../src/lab/environment";
import { folderFiles } from "../../src/lab/folderFiles";
import { load, unload } from "../../src/lab/load";
import { nodeEnvironment } from "../../src/lab/nodeEnvironment";
import { loadedModel, type Session } from "../../src/lab/session";
import { statisticsForLayers } from "../../src/lab/statistics";
import { drawKnown, type FactList } from "../measure/factList";
import { romeCases } from "../measure/romeScores";
import { PLANS } from "./candidates";
import { scoreEdit, type Score } from "./score";
import { defaultsOf, markdown, type Row, type Sweep } from "./tables";

export type SweepOptions = {
  root: string;
  source: ModelSource;
  /** Name of the result's file. */
  name: string;
  methods: readonly EditMethod[];
  layers: readonly number[] | undefined;
  facts: number;
  /** Second moments from so many lines of the lab's text only: a large model's take a quarter of an hour otherwise. */
  lines: number | undefined;
  /** Without the other settings: λ and thresholds found with a C of few lines would say little about the lab's own. */
  layersOnly: boolean;
};

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
/** Deep models are looked at every so many layers. */
const MOST_LAYERS = 10;
const SEED = 7;

const tell = (text: string): void => void process.stderr.write(`\r\x1b[2K${text}`);

export async function sweepSettings({ root, source, name, ...options }: SweepOptions): Promise<void> {
  const session: Session = {
    environment: environmentWith(root, options.lines),
    engine: undefined,
    isTested: false,
    loaded: undefined,
  };
  await load(session, { source }, QUIET);
  const { model, info } = loadedModel(session);
  const requests = requestsFor(root, source, options.facts);
  const folder = join(root, "docs/defaults");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const { family, layers, residualWidth } = model.config;
  const asked = requests.map(({ prompt, subject, targetNew }) => `${prompt.replace("{}", subject)} → ${targetNew}`); // prettier-ignore
  const sweep = earlier(file, model.hash, asked) ?? {
    model: name,
    modelHash: model.hash,
    family,
    layers,
    residualWidth,
    precision: info.precision,
    requests: asked,
    ...(options.lines !== undefined && { lines: options.lines }),
    rows: [] as Row[],
  };
  const knownTargets: KnownTargets = new Map();
  // A silent MLP has nothing to edit.
  const places = (options.layers ?? spread(layers)).filter((layer) => !model.silentLayers.includes(layer));
  await collectAhead(session, options.methods, places);
  for (const method of options.methods) {
    const plan = PLANS[method];
    if (!plan) throw new Error(`There is no plan for ${method}.`);
    const stages = [
      () => [{}, ...places.flatMap((layer) => plan.at(layer))],
      () => plan.then.map((more) => ({ ...bestOf(sweep, method).settings, ...more })),
    ];
    for (const candidates of options.layersOnly ? stages.slice(0, 1) : stages) {
      for (const settings of candidates()) {
        if (find(sweep, method, settings)) continue;
        tell(`${method} ${JSON.stringify(settings)}`);
        sweep.rows.push({
          method,
          settings,
          ...(await tryOut(session, method, settings, requests, knownTargets)),
        });
        writeFileSync(file, `${JSON.stringify(sweep, undefined, 1)}\n`);
      }
    }
  }
  tell("");
  await unload(session);
  writeTables(root, folder);
}

/** What was collected from a part of the text is kept apart from the lab's own. */
function environmentWith(root: string, lines: number | undefined): LabEnvironment {
  const environment = nodeEnvironment({ backend: "wasm" });
  if (lines === undefined) return environment;
  return {
    ...environment,
    cache: durableFiles(folderFiles(join(root, `.cache/sweep-${lines}`))),
    defaultCorpus: async (signal) =>
      (await environment.defaultCorpus(signal)).split("\n").slice(0, lines).join("\n"),
  };
}

/** The second moments of every layer that will be tried, from one run over the text. */
async function collectAhead(
  session: Session,
  methods: readonly EditMethod[],
  places: readonly number[],
): Promise<void> {
  const { model } = loadedModel(session);
  const layers = methods.flatMap((method) =>
    [{}, ...places.flatMap((layer) => PLANS[method]?.at(layer) ?? [])].flatMap((settings) =>
      methodNamed(method).statisticsLayers(readCallSettings({ method, settings }, model).settings),
    ),
  );
  await statisticsForLayers(session, [...new Set(layers)], {
    ...QUIET,
    onProgress: ({ done, total }) => tell(`statistics ${done} of ${total} tokens`),
  });
}

function bestOf({ rows }: Sweep, method: EditMethod): Row {
  return rows.filter((row) => row.method === method).reduce((best, row) => (row.score > best.score ? row : best)); // prettier-ignore
}

const find = ({ rows }: Sweep, method: EditMethod, settings: Settings): Row | undefined =>
  rows.find((row) => row.method === method && JSON.stringify(row.settings) === JSON.stringify(settings));

function earlier(file: string, modelHash: string, asked: readonly string[]): Sweep | undefined {
  if (!existsSync(file)) return undefined;
  const found = JSON.parse(readFileSync(file, "utf8")) as Sweep;
  return found.modelHash === modelHash && found.requests.join() === asked.join() ? found : undefined;
}

const spread = (layers: number): number[] => {
  const step = Math.ceil(layers / MOST_LAYERS);
  return Array.from({ length: Math.ceil(layers / step) }, (_, at) => at * step);
};

/** An embedded model's own facts with a false answer each; for others a few that every model has met. */
function requestsFor(root: string, source: ModelSource, count: number): EditRequest[] {
  const own = source.kind === "embedded" ? join(root, "public/models", source.name, "planted.json") : "";
  if (!existsSync(own)) {
    const text = readFileSync(join(root, "scripts/sweep/requests.json"), "utf8");
    return (JSON.parse(text) as EditRequest[]).slice(0, count);
  }
  const list = JSON.parse(readFileSync(own.replace("planted", "facts"), "utf8")) as FactList;
  return romeCases(list, drawKnown(list, count, SEED), SEED).map(({ request }) => request);
}

/** All requests in one edit where the method takes a batch, else one after the other, each on the untouched model. */
async function tryOut(
  session: Session,
  method: EditMethod,
  settings: Settings,
  requests: readonly EditRequest[],
  knownTargets: KnownTargets,
): Promise<Score> {
  const state = loadedModel(session);
  const parts = methodNamed(method).batch ? [requests] : requests.map((request) => [request]);
  const scores: Score[] = [];
  for (const part of parts) {
    const call = { method, requests: part, settings, seed: 1 };
    const read = readCallSettings(call, state.model).settings;
    const inputs = await gatherInputs(session, call, read, QUIET);
    const { ids } = await computeInTurn(state, call, { ...inputs, knownTargets }, QUIET);
    scores.push(await scoreEdit(state.model, part));
    for (const id of ids) await state.stack.remove(id);
  }
  const mean = (of: keyof Score): number =>
    Number((scores.reduce((sum, score) => sum + score[of], 0) / scores.length).toFixed(4));
  const [efficacy, paraphrase, neighbourhood] = (["efficacy", "paraphrase", "neighbourhood"] as const).map(mean) as [number, number, number]; // prettier-ignore
  const score = Number((3 / (1 / efficacy + 1 / paraphrase + 1 / neighbourhood)).toFixed(4));
  return { p: mean("p"), efficacy, paraphrase, neighbourhood, score };
}

/** Both tables from every model's file. */
function writeTables(root: string, folder: string): void {
  const sweeps = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Sweep);
  writeFileSync(join(root, "docs/defaults.md"), markdown(sweeps));
  const swept = `${JSON.stringify(sweeps.map(defaultsOf), undefined, 1)}\n`;
  writeFileSync(join(root, "src/editing/settings/swept.json"), swept);
}
