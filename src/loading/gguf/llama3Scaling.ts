/**
 * Llama 3's rotary scaling out of a GGUF. The file keeps only its result, a divisor per frequency (`rope_freqs`);
 * config.json keeps its parameters. Published models vary the factor and the original length only, so these are found
 * by trying; a file that fits none of them is refused rather than run slightly wrong.
 */
import { fault } from "../fault";

const LOW = 1;
const HIGH = 4;
const TOLERANCE = 1e-4;

/** Divisor of the frequency theta^(-2i/d) for each i < d/2, as transformers' `rope_type: llama3` computes it. */
export function llama3Factors(
  theta: number,
  pairs: number,
  factor: number,
  originalLength: number,
): number[] {
  return Array.from({ length: pairs }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** (i / pairs);
    if (wavelength < originalLength / HIGH) return 1;
    if (wavelength > originalLength / LOW) return factor;
    const smooth = (originalLength / wavelength - LOW) / (HIGH - LOW);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

/**
 * @param factors [d/2] the values of `rope_freqs.weight`
 * @throws AppError unsupported
 */
export function llama3Scaling(
  factors: Float32Array,
  theta: number,
  file: string,
): Record<string, unknown> | null {
  const factor = Math.round(Math.max(...factors) * 1e4) / 1e4;
  if (factors.every((value) => Math.abs(value - 1) < TOLERANCE)) return null;
  for (let originalLength = 32; originalLength <= 1 << 20; originalLength *= 2) {
    const expected = llama3Factors(theta, factors.length, factor, originalLength);
    if (!expected.every((value, i) => Math.abs(value - factors[i]!) <= TOLERANCE * value)) continue;
    return {
      rope_type: "llama3",
      factor,
      low_freq_factor: LOW,
      high_freq_factor: HIGH,
      original_max_position_embeddings: originalLength,
    };
  }
  throw fault("unsupported", file, "tensor “rope_freqs.weight” is no scaling of the kind Llama 3 uses");
}
