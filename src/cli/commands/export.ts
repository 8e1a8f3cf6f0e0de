import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXPORT_FORMATS, type ExportFormat, type ExportResult } from "../../domain/export";
import { MODEL_OPTIONS, type Command } from "../command";
import { openModel } from "../openModel";
import { printable, table } from "../table";

function asTable({ weights, leftOut, largestDifference, notes }: ExportResult, paths: string[]): string {
  const rows = weights.map(({ name, shape, rank }) => [name, shape.join(" × "), rank ?? ""]);
  return [
    ...paths.map((path) => `wrote ${path}`),
    "",
    table(["weight", "shape", "rank"], rows),
    "",
    `largest difference on reading it again: ${largestDifference.toPrecision(2)}`,
    ...leftOut.map((name) => `left out, because it is switched off: ${printable(name)}`),
    ...notes,
  ].join("\n");
}

/** Writes an edit file's stack for other programs. */
export const exportEdits: Command = {
  summary: "write edits as a PEFT adapter, as changed weights, or as JSON",
  options: {
    ...MODEL_OPTIONS,
    edits: { kind: "text", value: "FILE", required: true, help: "the edit file" },
    format: {
      kind: "text",
      value: EXPORT_FORMATS.join("|"),
      choices: EXPORT_FORMATS,
      required: true,
      help: "a LoRA adapter, the changed weights whole, or the stack as text",
    },
    out: { kind: "text", value: "DIR", required: true, help: "the folder to write to" },
  },
  async run(options, context) {
    await openModel(options, context);
    const format = options.text("format") as ExportFormat;
    const result = await context.lab.exportEdits({ format }, context.call);
    const folder = options.text("out")!;
    await mkdir(folder, { recursive: true });
    const files = result.files.map(({ name, bytes }) => ({ path: join(folder, name), bytes }));
    for (const { path, bytes } of files) await writeFile(path, bytes);
    const json = { ...result, files: files.map(({ path, bytes }) => ({ path, bytes: bytes.length })) };
    return { json, text: asTable(result, files.map(({ path }) => path)) }; // prettier-ignore
  },
};
