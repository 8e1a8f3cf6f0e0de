import { readFile, writeFile } from "node:fs/promises";
import { AppError } from "../../lib/errors";
import { MODEL_OPTIONS, type Command } from "../command";
import { openModel } from "../openModel";
import { parseLayers } from "../parseLayers";
import { table } from "../table";

async function readDocuments(paths: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(
    paths.map((path) =>
      readFile(path, "utf8").catch((error: Error) => {
        throw new AppError("usage", `${path} cannot be read: ${error.message}`);
      }),
    ),
  );
  return texts.flatMap((text) => text.split("\n").filter((line) => line.trim() !== ""));
}

/** Second moments of the MLP keys, from text. */
export const stats: Command = {
  summary: "second moments of MLP keys, from text files (one document a line)",
  options: {
    ...MODEL_OPTIONS,
    text: { kind: "texts", value: "FILE…", help: "text to run (the model's own corpus)" },
    layers: { kind: "text", value: "3,4", required: true, help: "layers, or `all`" },
    out: { kind: "text", value: "FILE", writes: true, help: "write a statistics file" },
  },
  async run(options, context) {
    const model = await openModel(options, context);
    const layers = parseLayers(options.text("layers")!, model.layers);
    const [paths, out] = [options.texts("text"), options.text("out")];
    const texts = paths.length > 0 ? { texts: await readDocuments(paths) } : {};
    const request = { layers, asFile: out !== undefined, ...texts };
    const { file, ...result } = await context.lab.statistics(request, context.call);
    if (out !== undefined && file) await writeFile(out, file);
    const rows = result.layers.map(({ layer, tokens, condition, ridge }) => [
      layer,
      tokens,
      condition.toExponential(2),
      ridge,
    ]);
    return { json: result, text: table(["layer", "tokens", "condition", "ridge"], rows) };
  },
};
