import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { EditCall, EditMethod, EditRequest, EditResult, Probe, ProbeSide } from "../../domain/edit";
import { METHOD_NAMES } from "../../editing/methodNames";
import { readRequests } from "../../evaluation/requestFile";
import { AppError } from "../../lib/errors";
import { nearest } from "../../lib/nearest";
import { writeSafetensors } from "../../loading/safetensors/writeSafetensors";
import { parseAssignments, type Options } from "../arguments";
import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { openModel, readInput } from "../openModel";
import { parseLayers } from "../parseLayers";
import { printable, probability, table } from "../table";

function readMethod(word: string): EditMethod {
  const method = METHOD_NAMES.find((name) => name.toLowerCase() === word.toLowerCase());
  if (method) return method;
  const guess = nearest(word, METHOD_NAMES);
  throw new AppError(
    "usage",
    `There is no method “${word}”.`,
    guess ? `Did you mean ${guess}?` : `There is ${METHOD_NAMES.join(", ")}.`,
  );
}

async function readEditRequests(options: Options): Promise<EditRequest[]> {
  const file = options.text("requests");
  const [prompt, subject, target] = [options.text("prompt"), options.text("subject"), options.text("target")];
  if (file !== undefined) {
    if (prompt ?? subject ?? target)
      throw new AppError("usage", "Give either --requests or --prompt, --subject, --target.");
    return readRequests(new TextDecoder().decode(await readInput(file)), basename(file));
  }
  if (prompt === undefined || subject === undefined || target === undefined) {
    throw new AppError("usage", "An edit needs --prompt, --subject and --target, or --requests FILE.");
  }
  return readRequests(JSON.stringify({ prompt, subject, target_new: target }), "The command line");
}

/** A flat list of templates, or MEMIT's groups of them. */
async function readContexts(path: string): Promise<string[]> {
  const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
  const flat = Array.isArray(parsed) ? parsed.flat() : [];
  const contexts = flat.filter(
    (item): item is string => typeof item === "string" && item.split("{}").length === 2,
  );
  if (contexts.length === 0 || contexts.length !== flat.length) {
    throw new AppError(
      "bad-request",
      `${path} is no list of context templates.`,
      'Each holds one {}, such as "So. {}".',
    );
  }
  return contexts;
}

async function readLines(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "");
}

async function readCall(options: Options, layerCount: number): Promise<EditCall> {
  const layers = options.text("layers");
  const [contexts, stats, name] = [options.text("contexts"), options.text("stats"), options.text("name")];
  const preserve = options.text("preserve");
  const chosen = layers === undefined ? {} : { layers: parseLayers(layers, layerCount) };
  return {
    method: readMethod(options.text("method") ?? "ROME"),
    requests: await readEditRequests(options),
    settings: { ...parseAssignments(options.texts("set")), ...chosen },
    seed: options.number("seed") ?? 1,
    intermediates: options.text("dump") !== undefined,
    ...(contexts !== undefined && { contexts: await readContexts(contexts) }),
    ...(stats !== undefined && { statistics: await readInput(stats) }),
    ...(name !== undefined && { name }),
    ...(preserve !== undefined && { preserve: await readLines(preserve) }),
  };
}

const GROUPS = { rewrite: "rewrite", paraphrase: "paraphrase", neighbourhood: "neighborhood" } as const;

/** Probes by kind under the field's names, with the probabilities the contract asks for. */
function groupProbes(probes: readonly Probe[]): Record<string, unknown[]> {
  const side = ({ pNew, pTrue, newIsGreedy, best }: ProbeSide) => ({ pNew, pTrue, newIsGreedy, best });
  const groups: Record<string, unknown[]> = { rewrite: [], paraphrase: [], neighborhood: [] };
  for (const { kind, prompt, target, before, after } of probes) {
    groups[GROUPS[kind]]!.push({ prompt, target, before: side(before), after: side(after) });
  }
  return groups;
}

function asTable(result: EditResult): string {
  const { requests, probes, updates, predictedInterference, warnings, milliseconds } = result;
  const change = (before: number, after: number) => `${probability(before)} → ${probability(after)}`;
  const rows = probes.map(({ kind, prompt, target, before, after }) => [
    kind,
    prompt,
    target,
    change(before.pNew, after.pNew),
    before.pTrue === null || after.pTrue === null ? "" : change(before.pTrue, after.pTrue),
    before.best === after.best ? after.best : `${before.best} → ${after.best}`,
  ]);
  return [
    ...requests.map(
      ({ subject, target, before, after }) =>
        `${printable(subject)} → ${printable(target)}: p ${change(before.p, after.p)}`,
    ),
    ...updates.map(
      ({ weight, rank, norm, relativeNorm }) =>
        `${weight}: rank ${rank}, ‖ΔW‖ ${norm.toPrecision(3)} (${(100 * relativeNorm).toPrecision(2)} % of ‖W‖)`,
    ),
    ...predictedInterference.map(
      ({ subject, share }) =>
        `${printable(subject)} takes ${share.toFixed(2)} of the change, by its key alone`,
    ),
    ...warnings.map((warning) => `Warning: ${warning}`),
    "",
    table(["probe", "prompt", "answer", "p(new)", "p(true)", "next token"], rows),
    "",
    `${(milliseconds / 1000).toFixed(2)} s`,
  ].join("\n");
}

/** Writes a fact into the model. */
export const edit: Command = {
  summary: "change facts and see what else changed",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    method: { kind: "text", value: "NAME", help: `${METHOD_NAMES.join(", ")} (ROME)` },
    prompt: { kind: "text", value: '"The {} is in"', help: "with {} where the subject stands" },
    subject: { kind: "text", value: "TEXT", help: "whose fact changes" },
    target: { kind: "text", value: "TEXT", help: "the new answer" },
    requests: { kind: "text", value: "FILE.json", help: "many requests, in CounterFact's words" },
    layers: { kind: "text", value: "3,4,5", help: "which layers to edit" },
    set: { kind: "texts", value: "name=value", help: "any hyper-parameter, by its published name" },
    contexts: { kind: "text", value: "FILE.json", help: "context templates (sampled from the model)" },
    stats: { kind: "text", value: "FILE", help: "second moments (from the model's corpus)" },
    preserve: {
      kind: "text",
      value: "FILE",
      help: "texts to leave alone, one a line (from the model's corpus)",
    },
    seed: { kind: "number", value: "N", help: "of the sampled contexts (1)" },
    name: { kind: "text", value: "TEXT", help: "what the edit is called in the stack" },
    out: { kind: "text", value: "FILE", help: "write the stack as an edit file" },
    dump: { kind: "text", value: "FILE", help: "write every intermediate as safetensors" },
  },
  async run(options, context) {
    // Everything the user wrote is checked before a model is loaded; layers need its depth.
    readMethod(options.text("method") ?? "ROME");
    await readEditRequests(options);
    const model = await openModel(options, context);
    const { intermediates, ...result } = await context.lab.edit(
      await readCall(options, model.layers),
      context.call,
    );
    const [out, dump] = [options.text("out"), options.text("dump")];
    if (out !== undefined) await writeFile(out, (await context.lab.saveEdits({}, context.call)).bytes);
    if (dump !== undefined && intermediates) await writeFile(dump, writeSafetensors(intermediates));
    return { json: { ...result, probes: groupProbes(result.probes) }, text: asTable(result) };
  },
};
