/** GRACE's hyper-parameters (algorithms.md 12). */
import { ELSEWHERE, rowOf, type ModelShape, type SettingsDefinition } from "./sharedSettings";
import { swept } from "./sweptSettings";

export type GraceSettings = {
  layer: number;
  matrix: "mlpIn" | "mlpOut";
  radius: number;
  learningRate: number;
  steps: number;
  start: "random" | "output";
  labelTest: "answer" | "published";
  comparedToken: "every" | "published";
};

type Row = ModelShape & { layer: number };

/** Late layers: little follows that could bend the value. Published choices lie at 0.6 to 0.96 of the depth. */
const KNOWN: readonly Row[] = [
  { family: "gpt2", layers: 6, residualWidth: 96, layer: 4 },
  { family: "llama", layers: 6, residualWidth: 96, layer: 4 },
  { family: "gpt2", layers: 48, residualWidth: 1600, layer: 35 },
  { family: "gptj", layers: 28, residualWidth: 4096, layer: 25 },
  { family: "llama", layers: 32, residualWidth: 4096, layer: 27 },
  { family: "llama", layers: 28, residualWidth: 3072, layer: 27 },
  { family: "qwen2", layers: 28, residualWidth: 3584, layer: 18 },
];

export const graceDefinition: SettingsDefinition<GraceSettings> = {
  specs: (layers) => [
    { name: "layer", published: ["layers"], kind: "integer", min: 0, max: layers - 1, meaning: "block that gets the codebook" },
    { name: "matrix", published: [], kind: "choice", choices: ["mlpIn", "mlpOut"], meaning: "which of its MLP's projections the codebook stands beside (published: c_fc on GPT-2, down_proj on Llama)" },
    { name: "radius", published: ["eps"], kind: "number", min: 1e-6, max: 1e6, meaning: "radius of a new entry, in the units of the projection's input" },
    { name: "learningRate", published: ["edit_lr"], kind: "number", min: 1e-6, max: 100, meaning: "Adam's learning rate on the value" },
    { name: "steps", published: ["n_iter"], kind: "integer", min: 1, max: 1000, meaning: "updates of the value" },
    { name: "start", published: [], kind: "choice", choices: ["random", "output"], meaning: "a new value begins at random in [0, 1) (published: cold) or at the layer's own output (warm)" },
    { name: "labelTest", published: [], kind: "choice", choices: ["answer", "published"], meaning: "when two entries count as the same fact: by their answers, or as the published code does (by mean label ids, of another entry from the second on)" },
    { name: "comparedToken", published: [], kind: "choice", choices: ["every", "published"], meaning: "which tokens are compared with the keys: every one; or, as published, the one at the place of the latest fact's last prompt token in whatever one pass reads, or the last of a shorter one" },
  ], // prettier-ignore
  defaults: (model) => ({
    layer: rowOf(KNOWN, model)?.layer ?? Math.min(model.layers - 1, Math.round(0.75 * model.layers)),
    matrix: model.family === "gpt2" ? "mlpIn" : "mlpOut",
    radius: 1,
    learningRate: 1,
    steps: model.family.startsWith("gpt") ? 200 : 50,
    start: "random",
    labelTest: "answer",
    comparedToken: "every",
    ...swept<GraceSettings>("GRACE", model),
  }),
  elsewhere: {
    ...ELSEWHERE,
    val_init: "set start instead",
    replacement: "the token that meets a key is replaced",
    dist_fn: "distances are Euclidean",
    val_train: "values are trained by Adam, without disturbance",
    num_pert: "values are trained by Adam, without disturbance",
    val_reg: "values are not regularised, as in the published configuration",
    reg: "training runs its steps, as the published code does",
    dropout: "values are trained without dropout",
    inner_params: "set layer and matrix instead",
    eps_expand: "a radius grows to cover an equal answer",
  },
};
