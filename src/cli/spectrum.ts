/** `edit --spectrum`: the eigenvalues of C that AlphaEdit's threshold parts, before an edit is made. */
import type { LoadedModel } from "../domain/model";
import type { Options } from "./arguments";
import type { Command } from "./command";
import { readMethod, readSettings } from "./editOptions";
import { readInput } from "./openModel";
import { table } from "./table";

export async function spectrum(
  model: LoadedModel,
  options: Options,
  { lab, call }: Parameters<Command["run"]>[1],
): Promise<{ json: unknown; text: string }> {
  const method = readMethod(options.text("method") ?? "AlphaEdit");
  const stats = options.text("stats");
  const statistics = stats === undefined ? {} : { statistics: await readInput(stats) };
  const request = { method, settings: readSettings(options, model.layers), ...statistics };
  const { threshold, layers } = await lab.keySpectra(request, call);
  const rows = layers.map(({ layer, free, eigenvalues }) => [
    String(layer),
    `${free} of ${eigenvalues.length}`,
    ...[0, eigenvalues.length >> 1, eigenvalues.length - 1].map((at) => eigenvalues[at]!.toPrecision(3)),
  ]);
  const head = ["layer", `free below ${threshold}`, "largest", "median", "smallest"];
  const json = { threshold, layers: layers.map((one) => ({ ...one, eigenvalues: [...one.eigenvalues] })) };
  return { json, text: table(head, rows) };
}
