import { writeFile } from "node:fs/promises";
import type { SeverKind, TraceRequest, TraceResult } from "../../domain/trace";
import { AppError } from "../../lib/errors";
import { fromResult } from "../../lib/heatmap/heatmap";
import { toCsv, toSvg } from "../../lib/heatmap/heatmapFiles";
import { readSafetensorsTensor } from "../../loading/safetensors/readSafetensorsTensor";
import { parseAssignments, type Options } from "../arguments";
import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { openModel, readInput } from "../openModel";
import { printable, probability, table } from "../table";
import { readNoise, SHORT_KINDS, TRACE_KINDS } from "../traceOptions";

const SEVERS: Record<string, SeverKind> = { mlp: "mlp", attn: "attention" };

function readSeveredNoise(options: Options): "published" | "same" {
  const { severedNoise = "published", ...rest } = parseAssignments(options.texts("set"));
  const unknown = Object.keys(rest)[0];
  if (unknown) throw new AppError("usage", `trace has no setting “${unknown}”.`, "It knows severedNoise.");
  if (severedNoise === "published" || severedNoise === "same") return severedNoise;
  throw new AppError("usage", `severedNoise is published or same, not “${severedNoise}”.`);
}

/** The subject's words, or the span of the occurrence that was asked for. */
function readSubject(options: Options): TraceRequest["subject"] {
  const [prompt, subject] = [options.text("prompt")!, options.text("subject")!];
  const wanted = options.number("occurrence");
  if (wanted === undefined) return subject;
  const starts: number[] = [];
  for (let at = prompt.indexOf(subject); at >= 0; at = prompt.indexOf(subject, at + 1)) starts.push(at);
  const start = starts[wanted - 1];
  if (start !== undefined) return { start, end: start + subject.length };
  throw new AppError(
    "usage",
    `--occurrence ${wanted}: “${subject}” occurs ${starts.length} times.`,
    "Count from 1.",
  );
}

async function readRequest(options: Options): Promise<TraceRequest> {
  const [answer, sever] = [options.text("answer"), options.text("sever")];
  const noiseFile = options.text("noise-file");
  const noiseValues =
    noiseFile && (await readSafetensorsTensor(await readInput(noiseFile), "noise", noiseFile));
  return {
    prompt: options.text("prompt")!,
    subject: readSubject(options),
    kind: TRACE_KINDS[options.text("kind") ?? "state"]!,
    window: options.number("window") ?? 10,
    samples: options.number("samples") ?? 10,
    noise: readNoise(options.text("noise")),
    seed: options.number("seed") ?? 1,
    severedNoise: readSeveredNoise(options),
    naive: options.flag("naive"),
    ...(answer !== undefined && { answer }),
    ...(sever !== undefined && { sever: SEVERS[sever]! }),
    ...(noiseValues && { noiseValues: noiseValues.values }),
  };
}

function summary({ peak, clean, corrupted, answer, tokens }: TraceResult): string {
  const at = printable(tokens[peak.token]!.text);
  return [
    `Answer “${printable(answer.text)}”: clean ${probability(clean)}, corrupted ${probability(corrupted)}.`,
    `Strongest: layer ${peak.layer} at “${at}” gives ${probability(peak.score)}.`,
  ].join(" ");
}

function asTable(result: TraceResult): string {
  const layers = (result.scores[0] ?? []).map((_, layer) => String(layer));
  const rows = result.scores.map((row, token) => {
    const inSubject = token >= result.subject.start && token < result.subject.end;
    return [`${result.tokens[token]!.text}${inSubject ? "*" : ""}`, ...row.map(probability)];
  });
  return [
    summary(result),
    ...result.warnings.map((warning) => `Warning: ${warning.replaceAll("-", " ")}.`),
    "",
    table(["token", ...layers], rows),
  ].join("\n");
}

/** Causal tracing: which states carry the answer. */
export const trace: Command = {
  summary: "causal tracing: which states carry the answer",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    prompt: { kind: "text", value: "TEXT", required: true, help: "ends where the answer comes next" },
    subject: { kind: "text", value: "TEXT", required: true, help: "the words to corrupt, as in the prompt" },
    occurrence: {
      kind: "number",
      value: "N",
      help: "which one, when the subject occurs several times (from 1)",
    },
    answer: { kind: "text", value: "TEXT", help: "whose first token is scored (the model's own answer)" },
    kind: {
      kind: "text",
      value: "state|mlp|attn",
      choices: Object.keys(TRACE_KINDS),
      help: "what is restored (state)",
    },
    window: { kind: "number", value: "N", help: "layers restored together, for mlp and attn (10)" },
    samples: { kind: "number", value: "N", help: "noise samples (10)" },
    noise: { kind: "text", value: "3sigma|NUMBER", help: "noise level (3sigma)" },
    "noise-file": { kind: "text", value: "FILE", help: "safetensors with `noise`, already scaled" },
    seed: { kind: "number", value: "N", help: "of numpy's legacy generator (1)" },
    sever: {
      kind: "text",
      value: "mlp|attn",
      choices: Object.keys(SEVERS),
      help: "freeze that path at the token",
    },
    set: { kind: "texts", value: "severedNoise=published|same", help: "which noise a severed trace records" },
    naive: { kind: "flag", help: "one full pass per cell, for checking" },
    svg: { kind: "text", value: "FILE", writes: true, help: "write the heatmap as a picture" },
    csv: { kind: "text", value: "FILE", writes: true, help: "write the cells as a table" },
  },
  async run(options, context) {
    const request = await readRequest(options);
    await openModel(options, context);
    const result = await context.lab.trace(request, context.call);
    const [svg, csv] = [options.text("svg"), options.text("csv")];
    if (svg !== undefined)
      await writeFile(svg, toSvg(fromResult(result), result.kind, summary(result), "light"));
    if (csv !== undefined) await writeFile(csv, toCsv(fromResult(result)));
    return { json: { ...result, kind: SHORT_KINDS[result.kind] }, text: asTable(result) };
  },
};
