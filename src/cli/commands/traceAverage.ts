import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Average, TraceAverageResult, TraceKind } from "../../domain/trace";
import { AppError } from "../../lib/errors";
import { ROLE_NAMES, toAverageCsv, toAverageSvg } from "../../lib/heatmap/averageFiles";
import { readTracedFacts } from "../../tracing/tracedFacts";
import type { Options } from "../arguments";
import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { openModel, readInput } from "../openModel";
import { probability, table } from "../table";
import { readNoise, SHORT_KINDS, TRACE_KINDS } from "../traceOptions";

function readKinds(word: string | undefined): TraceKind[] {
  const words = (word ?? "state,mlp,attn").split(",").map((one) => one.trim());
  const unknown = words.find((one) => !Object.hasOwn(TRACE_KINDS, one));
  if (unknown !== undefined)
    throw new AppError("usage", `--kinds knows state, mlp and attn, not “${unknown}”.`);
  return [...new Set(words)].map((one) => TRACE_KINDS[one]!);
}

async function readFacts(options: Options) {
  const path = options.text("data")!;
  const facts = readTracedFacts(new TextDecoder().decode(await readInput(path)), basename(path));
  const limit = options.number("limit") ?? facts.length;
  if (!Number.isInteger(limit) || limit < 1) throw new AppError("usage", "--limit is a whole number from 1.");
  return facts.slice(0, limit);
}

const withInterval = ({ mean, interval }: Average): string =>
  `${probability(mean)} ± ${probability(interval)}`;

function sentence({ facts, skipped, clean, corrupted, total }: TraceAverageResult): string {
  const left = skipped.length > 0 ? ` (${skipped.length} left out)` : "";
  return (
    `${facts} facts${left}: clean ${withInterval(clean)}, corrupted ${withInterval(corrupted)}, ` +
    `total effect ${withInterval(total)}.`
  );
}

function asTable(result: TraceAverageResult): string {
  const layers = Array.from({ length: result.layers }, (_, layer) => String(layer));
  const panels = result.maps.flatMap(({ kind, cells }) => [
    "",
    table(
      [SHORT_KINDS[kind], ...layers],
      result.roles.map((role, row) => [
        ROLE_NAMES[role],
        ...(cells[row] ?? []).map(({ effect }) => probability(effect.mean)),
      ]),
    ),
  ]);
  return [sentence(result), ...panels].join("\n");
}

/** The average causal effect by what each token is to the fact. */
export const traceAverage: Command = {
  summary: "causal tracing of many facts, averaged by the role of each token",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    data: {
      kind: "text",
      value: "FILE.json",
      required: true,
      help: "facts, each with prompt, subject and attribute",
    },
    kinds: { kind: "text", value: "state,mlp,attn", help: "what is restored (all three)" },
    window: { kind: "number", value: "N", help: "layers restored together, for mlp and attn (10)" },
    samples: { kind: "number", value: "N", help: "noise samples (10)" },
    noise: { kind: "text", value: "3sigma|NUMBER", help: "noise level (3sigma)" },
    seed: { kind: "number", value: "N", help: "of numpy's legacy generator (1)" },
    limit: { kind: "number", value: "N", help: "only the first N facts" },
    svg: { kind: "text", value: "FILE", writes: true, help: "write the averages as a picture" },
    csv: { kind: "text", value: "FILE", writes: true, help: "write the averages as a table" },
  },
  async run(options, context) {
    const request = {
      facts: await readFacts(options),
      kinds: readKinds(options.text("kinds")),
      window: options.number("window") ?? 10,
      samples: options.number("samples") ?? 10,
      noise: readNoise(options.text("noise")),
      seed: options.number("seed") ?? 1,
    };
    await openModel(options, context);
    const result = await context.lab.traceAverage(request, context.call);
    const [svg, csv] = [options.text("svg"), options.text("csv")];
    if (svg !== undefined) await writeFile(svg, toAverageSvg(result, sentence(result), "light"));
    if (csv !== undefined) await writeFile(csv, toAverageCsv(result));
    const maps = result.maps.map((map) => ({ ...map, kind: SHORT_KINDS[map.kind] }));
    return { json: { ...result, maps }, text: asTable(result) };
  },
};
