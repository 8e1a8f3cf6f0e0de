import type { Command } from "../command";
import { table } from "../table";

/** The models that come with the lab. */
export const models: Command = {
  summary: "list the embedded models",
  options: {},
  async run(_options, { lab, call }) {
    const found = await lab.listModels({}, call);
    const rows = found.map(({ ref, family, parameters, layers, bytes, licence }) => [
      ref,
      family,
      parameters,
      layers,
      bytes,
      licence,
    ]);
    return {
      json: found,
      text: table(["model", "family", "parameters", "layers", "bytes", "licence"], rows),
    };
  },
};
