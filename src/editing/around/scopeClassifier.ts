/**
 * SERAC's scope classifier (arXiv 2206.06520; algorithms.md section 15) in its smallest form: a logistic regression on two
 * things known of an edit and a question, how alike the ways are that they ask (cosine), and whether the question names
 * the edit's subject. Trained by Newton's method on a convex loss, so that the same pairs give the same three numbers.
 */
import type { ScopeWeights } from "../../domain/edit";

export type ScopePair = { likeness: number; named: boolean; belongs: boolean };

const STEPS = 40;
/** Keeps the weights finite where a line separates the pairs without a mistake. */
const RIDGE = 0.001;

/** Whether a question names a subject: its words, in upper or lower case, wherever they stand. */
export function names(question: string, subject: string): boolean {
  const plain = (text: string) => text.normalize("NFC").toLocaleLowerCase("en").trim();
  return plain(subject) !== "" && plain(question).includes(plain(subject));
}

export const inScope = (
  { bias, likeness, named }: ScopeWeights,
  pair: Pick<ScopePair, "likeness" | "named">,
): number => 1 / (1 + Math.exp(-(bias + likeness * pair.likeness + named * Number(pair.named))));

/** Pairs that belong together and pairs that do not weigh the same, however many there are. */
export function trainScope(pairs: readonly ScopePair[]): ScopeWeights {
  const inside = pairs.filter(({ belongs }) => belongs).length;
  const weightOf = ({ belongs }: ScopePair) => 0.5 / Math.max(1, belongs ? inside : pairs.length - inside);
  let weights: ScopeWeights = { bias: 0, likeness: 0, named: 0 };
  for (let step = 0; step < STEPS; step++) {
    const gradient = [RIDGE * weights.bias, RIDGE * weights.likeness, RIDGE * weights.named];
    const curvature = [RIDGE, 0, 0, 0, RIDGE, 0, 0, 0, RIDGE];
    for (const pair of pairs) {
      const x = [1, pair.likeness, Number(pair.named)];
      const p = inScope(weights, pair);
      for (let i = 0; i < 3; i++) {
        gradient[i]! += weightOf(pair) * (p - Number(pair.belongs)) * x[i]!;
        for (let j = 0; j < 3; j++) curvature[3 * i + j]! += weightOf(pair) * p * (1 - p) * x[i]! * x[j]!;
      }
    }
    const move = solve3(curvature, gradient);
    weights = {
      bias: weights.bias - move[0]!,
      likeness: weights.likeness - move[1]!,
      named: weights.named - move[2]!,
    };
  }
  return weights;
}

/** Cramer's rule; the ridge keeps the matrix positive definite. */
function solve3(a: readonly number[], b: readonly number[]): number[] {
  const [p, q, r, s, t, u, v, w, x] = a as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const whole = p * (t * x - u * w) - q * (s * x - u * v) + r * (s * w - t * v);
  const [d, e, f] = b as [number, number, number];
  return [
    (d * (t * x - u * w) - q * (e * x - u * f) + r * (e * w - t * f)) / whole,
    (p * (e * x - u * f) - d * (s * x - u * v) + r * (s * f - e * v)) / whole,
    (p * (t * f - e * w) - q * (s * f - e * v) + d * (s * w - t * v)) / whole,
  ];
}
