import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type {
  Fact,
  LayerSuperposition,
  SuperpositionRequest,
  SuperpositionResult,
} from "../../domain/superposition";
import { distributionPicture } from "../../lib/charts/distributionPicture";
import { interferencePicture } from "../../lib/charts/interferencePicture";
import { kurtosisPicture } from "../../lib/charts/kurtosisPicture";
import { scatterPicture } from "../../lib/charts/scatterPicture";
import { sizesPicture } from "../../lib/charts/sizesPicture";
import { layersCsv, pairsCsv } from "../../lib/charts/superpositionFiles";
import { AppError } from "../../lib/errors";
import { keysOf } from "../../lib/facts/keysOf";
import { readFacts } from "../../lib/facts/readFacts";
import type { Options } from "../arguments";
import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { comparedSentence, kurtosisOf, readCompared } from "../comparedModels";
import { namedFaults } from "../namedFaults";
import { openModel, readInput } from "../openModel";
import { parseLayers } from "../parseLayers";
import { printable, probability, table } from "../table";

/** The file's facts, as many as asked for. */
export async function readFactList(options: Options): Promise<Fact[]> {
  const path = options.text("facts")!;
  const facts = readFacts(new TextDecoder().decode(await readInput(path)), basename(path));
  const limit = options.number("limit") ?? facts.length;
  if (!Number.isInteger(limit) || limit < 1) throw new AppError("usage", "--limit is a whole number from 1.");
  return facts.slice(0, limit);
}

async function readRequest(
  options: Options,
  facts: readonly Fact[],
  layerCount: number,
): Promise<SuperpositionRequest> {
  const [ridge, pairs, stats] = [options.number("ridge"), options.number("pairs"), options.text("stats")];
  const needsMatrix = options.flag("matrix") || options.text("svg") !== undefined;
  return {
    facts,
    layers: parseLayers(options.text("layers") ?? "all", layerCount),
    ...(needsMatrix && { matrices: ["interference"] as const }),
    ...(ridge !== undefined && { ridge }),
    ...(pairs !== undefined && { pairs }),
    ...(stats !== undefined && { statistics: await readInput(stats) }),
  };
}

/** The layer that pictures of one layer show. */
function picturedLayer(options: Options, layers: readonly LayerSuperposition[]): LayerSuperposition {
  const wanted = options.number("picture-layer");
  const found = wanted === undefined ? layers[0] : layers.find(({ layer }) => layer === wanted);
  if (found) return found;
  throw new AppError("usage", `--picture-layer ${wanted} is not among --layers.`);
}

function sentence(
  { kept }: SuperpositionResult,
  { layer, kurtosis, mean, interference }: LayerSuperposition,
): string {
  const { kurtosisWithout } = interference.extreme;
  return (
    `${kept.length} facts at layer ${layer}: excess kurtosis of p ${kurtosis.toFixed(1)} ` +
    `(${kurtosisWithout.toFixed(1)} without |p| > 0.9), mean ${mean.toFixed(3)}.`
  );
}

/** On the line a normal would lie. */
function quantilesPicture({ interference }: LayerSuperposition, words: string): string {
  const points = interference.quantiles.map(({ normal, observed }) => [normal, observed] as const);
  const names = { xName: "quantile of a normal, in deviations", yName: "of the pairs" };
  return scatterPicture([{ points, ...names, hue: "state" }], words);
}

async function writePictures(options: Options, result: SuperpositionResult): Promise<void> {
  const [svg, histogram, quantiles, kurtosis] = ["svg", "histogram", "quantiles", "kurtosis"].map((name) =>
    options.text(name),
  );
  const layer = picturedLayer(options, result.layers);
  const words = sentence(result, layer);
  if (svg !== undefined) {
    await writeFile(svg, interferencePicture(layer.matrices[0]!.values, result.kept.length, words));
  }
  if (histogram !== undefined) await writeFile(histogram, distributionPicture(layer.interference, words));
  if (quantiles !== undefined) await writeFile(quantiles, quantilesPicture(layer, words));
  if (kurtosis === undefined) return;
  const points = result.layers.map(({ layer: at, interference: p }) => ({
    layer: at,
    kurtosis: p.kurtosis,
    kurtosisWithout: p.extreme.kurtosisWithout,
  }));
  const about = `Excess kurtosis of the interference between ${result.kept.length} facts, by layer.`;
  await writeFile(kurtosis, kurtosisPicture(points, about));
}

/** Matrices as lists of rows, which every reader of JSON knows. */
function asJson({ layers, ...result }: SuperpositionResult, withMatrix: boolean) {
  const n = result.kept.length;
  const rows = (values: Float64Array): number[][] =>
    Array.from({ length: n }, (_, i) => [...values.subarray(i * n, (i + 1) * n)]);
  return {
    ...result,
    layers: layers.map(({ matrices, ...layer }) => ({
      ...layer,
      ...(withMatrix && { P: rows(matrices[0]!.values) }),
    })),
  };
}

function asTable(result: SuperpositionResult, facts: readonly Fact[]): string {
  const rows = result.layers.map(({ layer, kurtosis, mean, std, interference: p, angles, moment }) => [
    layer,
    ...[kurtosis, p.extreme.kurtosisWithout].map((value) => value.toFixed(2)),
    ...[mean, std, p.max].map(probability),
    `${angles.whitening.median.toFixed(1)}°`,
    `${angles.activation.median.toFixed(1)}°`,
    moment.condition.toExponential(1),
    moment.ridge,
  ]);
  const header = [
    "layer",
    "kurtosis",
    "without",
    "mean p",
    "std",
    "max",
    "angle",
    "raw angle",
    "cond(C)",
    "ridge",
  ];
  const text = (place: number): string => {
    const { prompt, subject } = facts[result.kept[place]!]!;
    return `“${printable(prompt.replace("{}", () => subject))}”`;
  };
  const keyOf = keysOf(result);
  const pairs = result.layers.flatMap(({ layer, pairs: found }) => {
    const apart = found.filter(({ i, j }) => keyOf[i] !== keyOf[j]);
    if (apart.length === 0 && found.length > 0)
      return [
        `layer ${layer}: each of the ${found.length} strongest pairs shares one key; --pairs names more`,
      ];
    return apart
      .slice(0, 5)
      .map(({ i, j, p }) => `layer ${layer}: of a change at ${text(i)}, ${p.toFixed(2)} falls on ${text(j)}`);
  });
  const faults = namedFaults(result, facts);
  return [
    `${result.kept.length} facts in ${(result.milliseconds / 1000).toFixed(2)} s.`,
    ...result.warnings.map((warning) => `Warning: ${printable(warning)}`),
    "",
    table(header, rows),
    "",
    ...pairs,
    ...(faults.length > 0 ? ["", ...faults] : []),
  ].join("\n");
}

/** Which facts share directions of key space. */
export const superposition: Command = {
  summary: "which facts share directions of key space, so that editing one disturbs another",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    facts: {
      kind: "text",
      value: "FILE",
      required: true,
      help: "facts with prompt and subject, as JSON or CSV",
    },
    layers: { kind: "text", value: "3,4", help: "layers, or `all` (all)" },
    limit: { kind: "number", value: "N", help: "only the first N facts" },
    pairs: { kind: "number", value: "N", help: "how many of the strongest pairs to name per layer (20)" },
    ridge: { kind: "number", value: "R", help: "added to C, relative to tr(C)/f (what C needs)" },
    stats: { kind: "text", value: "FILE", help: "second moments (from the model's corpus)" },
    matrix: { kind: "flag", help: "with --json: the whole matrix P of every layer" },
    csv: { kind: "text", value: "FILE", writes: true, help: "write the strongest pairs as a table" },
    "layers-csv": { kind: "text", value: "FILE", writes: true, help: "write one line per layer as a table" },
    svg: { kind: "text", value: "FILE", writes: true, help: "write P of one layer as a picture" },
    histogram: {
      kind: "text",
      value: "FILE",
      writes: true,
      help: "write the spread of p at one layer as a picture",
    },
    quantiles: {
      kind: "text",
      value: "FILE",
      writes: true,
      help: "write its quantiles against a normal's as a picture",
    },
    kurtosis: { kind: "text", value: "FILE", writes: true, help: "write the kurtosis by layer as a picture" },
    compare: {
      kind: "text",
      value: "FILE,FILE",
      help: "other models: what this command printed for them with --json",
    },
    sizes: {
      kind: "text",
      value: "FILE",
      writes: true,
      help: "write the kurtosis by depth of these and this model as a picture",
    },
    "picture-layer": { kind: "number", value: "L", help: "the layer of these pictures (the first)" },
  },
  async run(options, context) {
    const facts = await readFactList(options);
    const model = await openModel(options, context);
    const request = await readRequest(options, facts, model.layers);
    const others = await readCompared(options.text("compare")?.split(",") ?? []);
    const result = await context.lab.superposition(request, context.call);
    await writePictures(options, result);
    const models = [...others, kurtosisOf(model, result)];
    const compared = others.length > 0 ? comparedSentence(models) : undefined;
    const sizes = options.text("sizes");
    if (sizes !== undefined)
      await writeFile(sizes, sizesPicture(models, compared ?? comparedSentence(models)));
    const [csv, perLayer] = [options.text("csv"), options.text("layers-csv")];
    if (csv !== undefined) await writeFile(csv, pairsCsv(result, facts));
    if (perLayer !== undefined) await writeFile(perLayer, layersCsv(result));
    const { ref, parameters } = model;
    return {
      json: { model: { ref, parameters }, ...asJson(result, options.flag("matrix")) },
      text: [asTable(result, facts), ...(compared ? ["", compared] : [])].join("\n"),
    };
  },
};
