import { readFile, writeFile } from "node:fs/promises";
import type { EditCall, EditMethod, EditResult, Probe, ProbeSide } from "../../domain/edit";
import type { LoadedModel } from "../../domain/model";
import { METHOD_NAMES } from "../../editing/methodNames";
import { methodNamed } from "../../editing/methods/methods";
import { AppError } from "../../lib/errors";
import { writeSafetensors } from "../../loading/safetensors/writeSafetensors";
import type { Options } from "../arguments";
import { check, readCheckedFacts } from "../checkEdit";
import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { readContexts, readMethod, readSettings } from "../editOptions";
import { openModel, readInput } from "../openModel";
import { readDemonstrations } from "../readDemonstrations";
import { readEditRequests } from "../readEditRequests";
import { preview } from "../previewEdit";
import { spectrum } from "../spectrum";
import { printable, probability, table } from "../table";

async function readLines(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "");
}

async function readCall(options: Options, layerCount: number): Promise<EditCall> {
  const [contexts, stats, name] = [options.text("contexts"), options.text("stats"), options.text("name")];
  const demonstrations = options.text("demonstrations");
  const [preserve, hyperNetwork] = [options.text("preserve"), options.text("hyper-network")];
  return {
    method: readMethod(options.text("method") ?? "ROME"),
    requests: await readEditRequests(options),
    settings: readSettings(options, layerCount),
    seed: options.number("seed") ?? 1,
    intermediates: options.text("dump") !== undefined,
    ...(contexts !== undefined && { contexts: await readContexts(contexts) }),
    ...(stats !== undefined && { statistics: await readInput(stats) }),
    ...(name !== undefined && { name }),
    ...(demonstrations !== undefined && { demonstrations: await readDemonstrations(demonstrations) }),
    ...(preserve !== undefined && { preserve: await readLines(preserve) }),
    ...(hyperNetwork !== undefined && { hyperNetwork: await readInput(hyperNetwork) }),
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

/** A method's hyper-parameters on a model: both names, default, range, meaning. */
function describeSettings(method: EditMethod, model: LoadedModel) {
  const { settings, summary, changes } = methodNamed(method);
  const defaults = settings.defaults(model);
  const json = settings.specs(model.layers).map((spec) => ({ ...spec, default: defaults[spec.name] }));
  const rows = json.map((spec) => [
    spec.name,
    spec.published.join(", "),
    String(spec.default),
    "min" in spec ? `${spec.min} … ${spec.max}` : "choices" in spec ? spec.choices.join(" | ") : "",
    spec.meaning,
  ]);
  const text = `${summary}\nChanges ${changes}.\n\n${table(["setting", "published as", "default", "range", "meaning"], rows)}`;
  return { json: { method, summary, changes, settings: json }, text };
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
    requests: {
      kind: "text",
      value: "FILE",
      help: "many requests: JSON, JSON lines or a table; plain, of CounterFact, zsRE, KnowEdit, UnKE, AKEW",
    },
    layers: { kind: "text", value: "3,4,5", help: "which layers to edit" },
    set: { kind: "texts", value: "name=value", help: "any hyper-parameter, by its published name" },
    contexts: { kind: "text", value: "FILE.json", help: "context templates (sampled from the model)" },
    stats: { kind: "text", value: "FILE", help: "second moments (from the model's corpus)" },
    "hyper-network": { kind: "text", value: "FILE", help: "MEND's, trained on this model (its own)" },
    preserve: {
      kind: "text",
      value: "FILE",
      help: "texts to leave alone, one a line (from the model's corpus)",
    },
    demonstrations: {
      kind: "text",
      value: "FILE.json",
      help: "examples for IKE and SERAC, in EasyEdit's words (the lab's own)",
    },
    seed: { kind: "number", value: "N", help: "of the sampled contexts (1)" },
    name: { kind: "text", value: "TEXT", help: "what the edit is called in the stack" },
    out: { kind: "text", value: "FILE", writes: true, help: "write the stack as an edit file" },
    preview: {
      kind: "text",
      value: "FACTS",
      help: "tell how much of each request, or chunk of a long answer, would fall on these facts, and change nothing",
    },
    spectrum: {
      kind: "flag",
      help: "tell how much of key space AlphaEdit's threshold leaves free, and change nothing",
    },
    check: {
      kind: "text",
      value: "FACTS",
      help: "afterwards tell what the newest edit did to these facts, predicted and measured",
    },
    "check-svg": { kind: "text", value: "FILE", writes: true, help: "write that as a picture" },
    settings: { kind: "flag", help: "list the method's hyper-parameters for this model, and do nothing" },
    dump: { kind: "text", value: "FILE", writes: true, help: "write every intermediate as safetensors" },
  },
  async run(options, context) {
    const method = readMethod(options.text("method") ?? "ROME");
    if (options.flag("settings")) return describeSettings(method, await openModel(options, context));
    if (options.flag("spectrum")) return spectrum(await openModel(options, context), options, context);
    // Everything the user wrote is checked before a model is loaded; layers need its depth.
    await readEditRequests(options);
    const model = await openModel(options, context);
    const facts = options.text("preview");
    if (facts !== undefined) return preview(await readCall(options, model.layers), facts, context);
    const [checked, picture] = [options.text("check"), options.text("check-svg")];
    if (picture !== undefined && checked === undefined)
      throw new AppError("usage", "--check-svg draws what --check FACTS finds: name the facts.");
    const watched = checked === undefined ? undefined : await readCheckedFacts(checked);
    const { intermediates, ...result } = await context.lab.edit(
      await readCall(options, model.layers),
      context.call,
    );
    const [out, dump] = [options.text("out"), options.text("dump")];
    if (out !== undefined) await writeFile(out, (await context.lab.saveEdits({}, context.call)).bytes);
    if (dump !== undefined && intermediates) await writeFile(dump, writeSafetensors(intermediates));
    const found = watched && (await check(result, watched, picture, context));
    return {
      json: { ...result, probes: groupProbes(result.probes), ...(found && { check: found.json }) },
      text: [asTable(result), ...(found ? ["", found.text] : [])].join("\n"),
    };
  },
};
