import { unfamiliarSentence } from "../../lib/unfamiliarSentence";
import { EDITS_OPTION, MODEL_OPTIONS, type Command } from "../command";
import { openModel } from "../openModel";
import { printable, probability, table } from "../table";

/** Continues a prompt and shows what the model expects next. */
export const generate: Command = {
  summary: "continue a prompt, with the likeliest next tokens",
  options: {
    ...MODEL_OPTIONS,
    ...EDITS_OPTION,
    prompt: { kind: "text", value: "TEXT", required: true, help: "what to continue" },
    "max-tokens": { kind: "number", value: "N", help: "tokens to write (20)" },
    top: { kind: "number", value: "N", help: "next tokens to list (10)" },
    temperature: { kind: "number", value: "T", help: "0 is greedy (0)" },
    "top-k": { kind: "number", value: "K", help: "sample among the K likeliest" },
    "top-p": { kind: "number", value: "P", help: "sample among the likeliest that make up P" },
    seed: { kind: "number", value: "N", help: "of the sampling (1)" },
    stop: { kind: "texts", value: "TEXT…", help: "end before any of these" },
    chat: { kind: "flag", help: "wrap the prompt in the model's chat template" },
    "ignore-end": { kind: "flag", help: "go on after the end-of-text token" },
  },
  async run(options, context) {
    const model = await openModel(options, context);
    const [topK, topP] = [options.number("top-k"), options.number("top-p")];
    const result = await context.lab.generate(
      {
        prompt: options.text("prompt")!,
        maxTokens: options.number("max-tokens") ?? 20,
        top: options.number("top") ?? 10,
        temperature: options.number("temperature") ?? 0,
        seed: options.number("seed") ?? 1,
        chat: options.flag("chat"),
        stop: options.texts("stop"),
        ignoreEnd: options.flag("ignore-end"),
        withFamiliarity: true,
        ...(topK !== undefined && { topK }),
        ...(topP !== undefined && { topP }),
      },
      context.call,
    );
    const { ref, family, hash, parameters, precision, isExact } = model;
    const rows = result.next.map(({ id, text, logprob }) => [id, text, probability(Math.exp(logprob))]);
    return {
      json: { model: { ref, family, hash, parameters, precision, isExact }, ...result },
      text: [
        printable(result.prompt) + printable(result.completion.text),
        "",
        table(["id", "next token", "p"], rows),
        "",
        `${result.tokensPerSecond.toFixed(1)} tokens/s`,
        ...(result.unfamiliarAmong === undefined ? [] : [unfamiliarSentence(result.unfamiliarAmong)]),
      ].join("\n"),
    };
  },
};
