/** What every editing method gives back: updates as data, and what is needed to judge and to check them. */
import type { OptimisationStep, WeightUpdate } from "../../domain/edit";
import type { TensorToWrite } from "../../loading/safetensors/writeSafetensors";

export type MethodResult = {
  updates: WeightUpdate[];
  /** One list per optimised vector. */
  losses: OptimisationStep[][];
  /** Sentences for the user. */
  warnings: string[];
  /** For `--dump`: named as in the fixtures. */
  intermediates: TensorToWrite[];
};

export type MethodContext = {
  signal?: AbortSignal | undefined;
  onStep?: ((steps: readonly OptimisationStep[]) => void) | undefined;
};
