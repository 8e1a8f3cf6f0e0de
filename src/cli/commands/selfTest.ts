import { AppError } from "../../lib/errors";
import type { Command } from "../command";
import { table } from "../table";

/** Compares every kernel in use with its slow twin on this machine. */
export const selfTest: Command = {
  summary: "check every kernel against its slow twin on this machine",
  options: {},
  async run(_options, { lab, call }) {
    const result = await lab.selfTest({}, call);
    if (!result.passed) {
      const failed = result.checks.filter(({ passed }) => !passed).map(({ name }) => name);
      throw new AppError("gpu-error", `The self-test failed: ${failed.join(", ")}.`, "Use --backend wasm.", {
        ...result,
      });
    }
    const rows = result.checks.map(({ name, error, bound }) => [
      name,
      error.toExponential(1),
      bound.toExponential(0),
    ]);
    return {
      json: result,
      text: `${result.backend}, ${result.adapter}\nclosed forms in float64: ${result.float64}\n\n${table(["check", "error", "bound"], rows)}`,
    };
  },
};
