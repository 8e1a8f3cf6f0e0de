/** Knowledge neurons' hyper-parameters (algorithms.md 17). */
import { ELSEWHERE, type SettingsDefinition } from "./sharedSettings";

export type KnSettings = {
  steps: number;
  threshold: number;
  scoring: "teacherForced" | "promptEnd";
};

export const knDefinition: SettingsDefinition<KnSettings> = {
  specs: () => [
    { name: "steps", published: [], kind: "integer", min: 1, max: 200, meaning: "points of the integral over each layer's activation, both ends included; 1, as published for Llama and Qwen, looks at its beginning alone, where the activation is zero" },
    { name: "threshold", published: ["adaptive_threshold"], kind: "number", min: 0, max: 1, meaning: "neurons whose score is above this share of the best one are edited" },
    { name: "scoring", published: [], kind: "choice", choices: ["teacherForced", "promptEnd"], meaning: "where the old answer's later tokens are scored; the published code scores all of them at the prompt's end on GPT-2 and GPT-J" },
  ], // prettier-ignore
  defaults: ({ family }) => ({
    steps: 20,
    threshold: family === "gptj" ? 0.1 : 0.2,
    scoring: "teacherForced",
  }),
  elsewhere: {
    ...ELSEWHERE,
    lr_scale: "the published code does not read it",
    n_toks: "the published code does not read it",
    batch_size: "all points run together",
    p: "refinement over several prompts is not used, as in the published configuration",
    refine: "refinement over several prompts is not used, as in the published configuration",
  },
};
