import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { BENCHMARKS } from "../../domain/benchmark";
import type { AnswerMeans, LifelongPoint, LifelongRequest } from "../../domain/lifelong";
import { findCollapse } from "../../lib/charts/findCollapse";
import { lifelongPicture } from "../../lib/charts/lifelongPicture";
import { AppError } from "../../lib/errors";
import { readFacts } from "../../lib/facts/readFacts";
import type { Options } from "../arguments";
import { EDITS_OPTION, MODEL_OPTIONS, type Command, type CommandContext } from "../command";
import { evaluateCases } from "../evaluateCases";
import { readContexts, readMethod, readSettings } from "../editOptions";
import { lifelongIdentity, readLifelongFile, writeLifelongFile, type LifelongFile } from "../lifelongFile";
import { openModel, readInput } from "../openModel";
import { sequenceRemarks } from "../sequenceRemarks";
import { readSequence } from "../sequenceRequests";
import { printable, probability, table } from "../table";

/** What every number is, for whoever reads the result alone. */
const DEFINITIONS = {
  efficacy: "new answers at the prompts of all requests so far: mean of p (product over the answer's tokens), share greedy (every token the likeliest)",
  paraphrases: "the same at the requests' paraphrases",
  neighbourhood: "the neighbours' own answers at their prompts, and those of a benchmark's locality questions",
  untouched: "answers of facts that no request is about",
  retention: "efficacy by age: requests from … to − 1",
  perplexity: "exp of the mean −log p of a fixed set of lines of the model's own text, now and by the checkpoint",
  norms: "‖W‖ and ‖W − W₀‖ / ‖W₀‖ of every changed weight",
  interference: "mean size of the change of the MLP projection's output since the first edit, as Σ p(kᵢ, y) δᵢ over all edits at the base model's keys predicts it, and as measured; relativeError = ‖predicted − measured‖ / ‖measured‖",
  stackEdits: "edits of the stack at this point; weightHash: of the weights in use then",
  warnings: "what the edits of a step had to say: second moments that are singular or of few tokens, targets not reached",
  remarks: "requests that write over earlier ones, untouched facts that a request is about or that count twice",
  collapse: "the first point at which untouched facts have lost half of their p, or the edits half of the best efficacy so far",
} as const; // prettier-ignore

const text = async (path: string): Promise<string> => new TextDecoder().decode(await readInput(path));

/** A whole number of at least one. */
function countOf(options: Options, name: string, otherwise: number): number {
  const value = options.number(name) ?? otherwise;
  if (Number.isInteger(value) && value >= 1) return value;
  throw new AppError("usage", `--${name} is a whole number from 1.`);
}

/** What is measured by case alone. */
const OF_CASES = ["shard", "fluency"] as const;

/** Everything of a sequence that is known without the model: what is wrong with it is told before the model is loaded. */
async function readPlan(options: Options) {
  const [data, untouched] = [options.text("data")!, options.text("untouched")];
  const other = OF_CASES.find((name) => options.text(name) !== undefined);
  if (other !== undefined) {
    throw new AppError("usage", `--${other} is for single cases: leave it out of --sequential.`);
  }
  const requests = readSequence(await text(data), basename(data), options.text("benchmark"));
  return {
    method: readMethod(options.text("method") ?? "ROME"),
    requests: requests.slice(0, countOf(options, "limit", requests.length)),
    untouched: untouched === undefined ? [] : readFacts(await text(untouched), basename(untouched)),
  };
}

async function completed(
  plan: Awaited<ReturnType<typeof readPlan>>,
  options: Options,
  layerCount: number,
): Promise<LifelongRequest> {
  const [stats, contexts] = [options.text("stats"), options.text("contexts")];
  return {
    ...plan,
    settings: readSettings(options, layerCount),
    seed: options.number("seed") ?? 1,
    done: 0,
    every: countOf(options, "every", 10),
    batch: countOf(options, "batch", 1),
    ...(stats !== undefined && { statistics: await readInput(stats) }),
    ...(contexts !== undefined && { contexts: await readContexts(contexts) }),
  };
}

/** Points measured earlier, with their edits put back on the stack; undefined where nothing has been done yet. */
async function resume(
  path: string | undefined,
  identity: string,
  { lab, call }: CommandContext,
): Promise<LifelongFile | undefined> {
  if (path === undefined) return undefined;
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known === undefined) return undefined;
  const file = readLifelongFile(known, basename(path), identity);
  if (file.points.at(-1)!.edits > 0) {
    const edits = editsBeside(path, file.points.at(-1)!.edits);
    await lab.openEdits(
      { bytes: await readInput(edits), fileName: basename(edits), acceptOtherRevision: false },
      call,
    );
  }
  return file;
}

const editsBeside = (path: string, edits: number): string => `${path}.${edits}.palimpsest`;

/**
 * First the edits, then the list of points that counts them: whenever it is interrupted, both belong together. The edits
 * of the point before, which these begin with, go last.
 */
async function keep(path: string, file: LifelongFile, { lab, call }: CommandContext): Promise<void> {
  const { edits } = file.points.at(-1)!;
  if (edits > 0) await writeFile(editsBeside(path, edits), (await lab.saveEdits({}, call)).bytes);
  await writeFile(`${path}.part`, writeLifelongFile(file));
  await rename(`${path}.part`, path);
  const before = file.points.at(-2)?.edits ?? 0;
  if (before > 0) await rm(editsBeside(path, before), { force: true });
}

async function runAll(
  request: LifelongRequest,
  path: string | undefined,
  identity: string,
  context: CommandContext,
): Promise<LifelongPoint[]> {
  const earlier = await resume(path, identity, context);
  const points = earlier?.points ?? [];
  const save = async (point: LifelongPoint): Promise<void> => {
    points.push(point);
    if (path !== undefined) await keep(path, { identity, points }, context);
  };
  if (points.length === 0)
    await save(await context.lab.continueLifelong({ ...request, every: 0 }, context.call));
  for (;;) {
    const done = points.at(-1)!.edits;
    if (done >= request.requests.length) return points;
    await save(await context.lab.continueLifelong({ ...request, done }, context.call));
  }
}

const meansOf = (means: AnswerMeans | null): string => (means ? probability(means.p) : "");

function asTable(points: readonly LifelongPoint[], remarks: readonly string[]): string {
  const rows = points.map(({ edits, efficacy, paraphrases, neighbourhood, untouched, retention, perplexity, norms, interference }) => {
    const sum = (which: "predicted" | "measured"): string =>
      interference.untouched.length === 0 ? "" : interference.untouched.reduce((total, layer) => total + layer[which], 0).toFixed(2);
    return [
      edits,
      ...[efficacy, paraphrases, neighbourhood, untouched].map(meansOf),
      meansOf(retention[0] ?? null),
      perplexity ? perplexity.now.toPrecision(3) : "",
      Math.max(0, ...norms.map(({ relativeChange }) => relativeChange)).toFixed(2),
      sum("predicted"),
      sum("measured"),
    ];
  }); // prettier-ignore
  const said = new Set([...remarks, ...points.flatMap(({ warnings = [] }) => warnings)]);
  const header = [
    "edits",
    "efficacy",
    "paraphrases",
    "neighbours",
    "untouched",
    "oldest",
    "perplexity",
    "ΔW/W",
    "predicted",
    "measured",
  ];
  const collapse = findCollapse(points);
  return [
    table(header, rows),
    "",
    collapse ? `Collapse at ${collapse.edits} edits: ${collapse.of} halved.` : "No collapse.",
    ...[...said].map((warning) => `Warning: ${printable(warning)}`),
  ].join("\n");
}

/** Many edits in turn, and what is left of everything after every few of them. */
export const evaluate: Command = {
  summary:
    "edit the cases of a benchmark, each alone; or one after the other (--sequential) until the model breaks",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    sequential: { kind: "flag", help: "all edits on one model, one after the other" },
    benchmark: { kind: "text", value: "NAME", help: `what the data is: ${BENCHMARKS.join(", ")}` },
    shard: { kind: "text", value: "i/n", help: "only every n-th case, from the i-th on" },
    fluency: { kind: "number", value: "N", help: "measure fluency on continuations of N tokens (0: not)" },
    method: { kind: "text", value: "NAME", help: "as for edit (ROME)" },
    data: {
      kind: "text",
      value: "FILE.json",
      required: true,
      help: "requests in CounterFact's words, a benchmark's records, or a table",
    },
    untouched: {
      kind: "text",
      value: "FILE",
      help: "facts with answers that no request is about, JSON or CSV",
    },
    every: { kind: "number", value: "K", help: "measure after every K requests (10)" },
    batch: { kind: "number", value: "N", help: "requests in one edit, for methods that take several (1)" },
    limit: { kind: "number", value: "N", help: "only the first N requests" },
    layers: { kind: "text", value: "3,4,5", help: "which layers to edit" },
    set: { kind: "texts", value: "name=value", help: "any hyper-parameter, by its published name" },
    contexts: { kind: "text", value: "FILE.json", help: "context templates (sampled from the model)" },
    stats: { kind: "text", value: "FILE", help: "second moments (from the model's corpus)" },
    seed: { kind: "number", value: "N", help: "of the sampled contexts (1)" },
    resume: {
      kind: "text",
      value: "FILE.json",
      writes: true,
      help: "keep what is done here, and go on from it",
    },
    svg: { kind: "text", value: "FILE", writes: true, help: "write the curves as a picture" },
  },
  async run(options, context) {
    if (!options.flag("sequential")) return evaluateCases(options, context);
    const plan = await readPlan(options);
    const model = await openModel(options, context);
    const request = await completed(plan, options, model.layers);
    const path = options.text("resume");
    if (path !== undefined && options.text("edits") !== undefined) {
      throw new AppError("usage", "--resume brings its own edits: leave out --edits.");
    }
    const points = await runAll(request, path, await lifelongIdentity(request, model.hash), context);
    const svg = options.text("svg");
    const words = `${request.method}: ${request.requests.length} edits, one after the other.`;
    if (svg !== undefined) await writeFile(svg, lifelongPicture(points, words));
    const collapse = findCollapse(points) ?? null;
    const { method, settings } = request;
    const remarks = sequenceRemarks(request.requests, request.untouched);
    const json = { method, settings, points, collapse, remarks, definitions: DEFINITIONS };
    return { json, text: asTable(points, remarks) };
  },
};
