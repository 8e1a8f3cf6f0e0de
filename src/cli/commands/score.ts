import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { openModel } from "../openModel";
import { probability, table } from "../table";

/** How likely a model finds a given answer, token by token. */
export const score: Command = {
  summary: "probability of a target after a prompt, teacher-forced",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    prompt: { kind: "text", value: "TEXT", required: true, help: "what comes before" },
    target: { kind: "text", value: "TEXT", required: true, help: "what is scored" },
  },
  async run(options, context) {
    await openModel(options, context);
    const request = { prompt: options.text("prompt")!, target: options.text("target")! };
    const result = await context.lab.score(request, context.call);
    const rows = result.target.map(({ id, text, logprob, rank }) => [
      id,
      text,
      probability(Math.exp(logprob)),
      rank,
    ]);
    return {
      json: result,
      text: `${table(["id", "token", "p", "rank"], rows)}\n\np = ${probability(result.p)}`,
    };
  },
};
