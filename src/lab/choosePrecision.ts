/**
 * How a model's weights are to be kept: as asked, or the form that loses least of those that leave room for work. What
 * cannot fit is refused here, before a weight is read.
 */
import type { Backend, ModelMemory, Precision } from "../domain/model";
import type { MemoryLimit } from "../domain/modelInspection";
import { AppError } from "../lib/errors";
import { sizeText } from "../lib/bytes";
import type { ModelConfig } from "../model/config";
import { estimateModelMemory, PRECISIONS } from "../model/memoryEstimate";
import { isLossless } from "../model/weightStorage";

/** Of the limit, what a model may take at its worst moment without crowding out the work with it. */
export const ROOMY_SHARE = 0.75;

export type PrecisionRequest = {
  backend: Backend;
  limit: MemoryLimit;
  /** Types of the checkpoint's matrices and tables. */
  dtypes: readonly string[];
  /** What the user asks for; chosen when absent. */
  wanted?: Precision | undefined;
};

/** `notice` is for the user: why weights are kept in fewer bits, or that there is little room. */
export type ChosenPrecision = { memory: ModelMemory; notice?: string };

/** At the worst moment: the model, and what is read of it at one time. */
const needed = ({ held, loading }: ModelMemory): number => held + loading;

/**
 * @throws AppError out-of-memory (details: needed, limit, precision) when no form fits; when the one asked for does not,
 * and the limit is certain
 */
export function choosePrecision(config: ModelConfig, request: PrecisionRequest): ChosenPrecision {
  const { backend, limit, wanted } = request;
  const memories = leastLossFirst(request.dtypes).map((precision) =>
    estimateModelMemory(config, { precision, backend }),
  );
  if (wanted !== undefined) return asAsked(memories, wanted, request);
  const roomy = memories.find((memory) => needed(memory) <= ROOMY_SHARE * limit.bytes);
  const chosen = roomy ?? smallestOf(memories);
  if (needed(chosen) > limit.bytes) throw tooLarge(chosen, memories, request);
  if (chosen.precision === "float32") return { memory: chosen };
  return { memory: chosen, notice: reasonFor(chosen, memories, request) };
}

/** float32 first; then what keeps every bit of this checkpoint, then what rounds. */
function leastLossFirst(dtypes: readonly string[]): Precision[] {
  const rank = (precision: Precision): number =>
    precision === "float32" ? 0 : isLossless(precision, dtypes) ? 1 : 2;
  return [...PRECISIONS].sort((a, b) => rank(a) - rank(b));
}

const smallestOf = (memories: readonly ModelMemory[]): ModelMemory =>
  memories.reduce((least, memory) => (needed(memory) < needed(least) ? memory : least));

/** The user's word counts against an estimated limit, not against a certain one. */
function asAsked(
  memories: readonly ModelMemory[],
  wanted: Precision,
  request: PrecisionRequest,
): ChosenPrecision {
  const memory = memories.find(({ precision }) => precision === wanted)!;
  const { limit } = request;
  if (limit.isHard && memory.held > limit.bytes) throw tooLarge(memory, memories, request);
  if (needed(memory) <= limit.bytes) return { memory };
  return {
    memory,
    notice: `In ${wanted} the model takes about ${sizeText(needed(memory))}; this device is expected to have ${sizeText(limit.bytes)} for it.`,
  };
}

function reasonFor(
  { precision }: ModelMemory,
  memories: readonly ModelMemory[],
  { limit, dtypes }: PrecisionRequest,
): string {
  const whole = memories.find((memory) => memory.precision === "float32")!;
  const loss = isLossless(precision, dtypes)
    ? "The file's own digits are kept, so nothing is lost."
    : "Weights are rounded; what is computed with them is not.";
  return `The weights are kept in ${precision}: in float32 the model would take ${sizeText(needed(whole))} of the ${sizeText(limit.bytes)} at hand. ${loss}`;
}

function tooLarge(
  memory: ModelMemory,
  memories: readonly ModelMemory[],
  { limit, backend }: PrecisionRequest,
): AppError {
  const bytes = needed(memory);
  const fitting = memories.find((other) => needed(other) <= limit.bytes);
  const owner = limit.isHard ? "WebAssembly can address" : "this device is expected to have for it";
  return new AppError(
    "out-of-memory",
    `In ${memory.precision} the model takes about ${sizeText(bytes)}, and ${owner} ${sizeText(limit.bytes)}.`,
    fitting
      ? `Load it in ${fitting.precision}, which takes ${sizeText(needed(fitting))}.`
      : backend === "wasm"
        ? "Take a smaller model, or choose WebGPU."
        : "Take a smaller model. If this device has more memory than it tells, ask for int8 yourself.",
    { needed: bytes, limit: limit.bytes, precision: memory.precision },
  );
}
