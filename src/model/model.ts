/** A loaded model: configuration, weights, tokenizer and identity. What it computes is in forward.ts. */
import type { Precision } from "../domain/model";
import type { ModelConfig } from "./config";
import { loadWeights, type LoadContext, type WeightSource } from "./loadWeights";
import { RotaryTables } from "./rotaryTables";
import type { Tokenizer } from "./tokenizer/tokenizer";
import type { ModelWeights } from "./weights";

export type Model = {
  readonly config: ModelConfig;
  readonly weights: ModelWeights;
  readonly rotaryTables: RotaryTables;
  readonly tokenizer: Tokenizer;
  /** SHA-256 over the checkpoint's weights, hex; independent of the file's format and of how they are kept. */
  readonly hash: string;
  /** How matrices are kept. */
  readonly precision: Precision;
  /** Hash of the weights as kept, which everything is computed with; equals `hash` when nothing was rounded. */
  readonly baseHash: string;
  readonly parameters: number;
  /** Blocks whose MLP writes nothing, because every weight of its output is zero. */
  readonly silentLayers: readonly number[];
  dispose(): void;
};

/**
 * Loads the weights a configuration asks for onto the active backend. The tokenizer comes ready made.
 * Throws AppError `missing`, `bad-shape`, `unsupported`, `cancelled`, or what reading the checkpoint throws.
 */
export async function loadModel(
  checkpoint: WeightSource,
  tokenizer: Tokenizer,
  config: ModelConfig,
  context: LoadContext = {},
): Promise<Model> {
  const { weights, hash, baseHash, parameters, silentLayers } = await loadWeights(
    checkpoint,
    config,
    context,
  );
  const rotaryTables = new RotaryTables(config.rotaries, config.contextLength);
  return {
    config,
    weights,
    rotaryTables,
    tokenizer,
    hash,
    precision: context.precision ?? "float32",
    baseHash,
    parameters,
    silentLayers,
    dispose: () => {
      weights.dispose();
      rotaryTables.dispose();
    },
  };
}
