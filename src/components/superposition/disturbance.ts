/** From a preview or a check to what is drawn of it: shares ranked, counted and put into words. Pure. */
import type { InterferenceCheck } from "../../domain/superposition";
import { visibleString } from "../../lib/visibleText";
import type { CheckShown, PreviewShown } from "../../store/interferenceStore";
import { counted, signed } from "./sentences";

/** `share`: of one request's change; over several, the root of the summed squares. */
export type Disturbed = { name: string; prompt: string; share: number; isOwn: boolean };

/** Facts by falling size of what falls on them, at the lowest edited layer. The edited facts themselves are marked. */
export function disturbedFacts({ facts, call, result }: PreviewShown): Disturbed[] {
  const [layer] = result.layers;
  if (layer === undefined) return [];
  const own = new Set(call.requests.map(({ subject }) => subject));
  const { coefficients, strength } = layer;
  return result.kept
    .map((place, at) => {
      const fact = facts[place]!;
      const name = visibleString(fact.subject, "none");
      const prompt = visibleString(
        fact.prompt.replace("{}", () => fact.subject),
        "none",
      );
      const share = result.requests === 1 ? coefficients[at]! : strength[at]!;
      return { name, prompt, share, isOwn: own.has(fact.subject) };
    })
    .filter(({ share }) => Number.isFinite(share))
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
}

/** A chunk of a long answer, and the other fact that takes the largest share of what is written for it. */
export type ChunkDisturbance = { text: string; name: string; share: number };

/** Per chunk of the answer, at the lowest edited layer; none for methods that write one vector per request. */
export function chunkDisturbances({ facts, call, result }: PreviewShown): ChunkDisturbance[] {
  const [layer] = result.layers;
  const own = new Set(call.requests.map(({ subject }) => subject));
  if (layer === undefined) return [];
  return (result.chunks ?? []).flatMap(({ text }, chunk) => {
    const ofFact = (at: number) => layer.coefficients[chunk * result.kept.length + at]!;
    const others = result.kept.flatMap((place, at) =>
      own.has(facts[place]!.subject) ? [] : [{ subject: facts[place]!.subject, share: ofFact(at) }],
    );
    if (others.length === 0) return [];
    const most = others.reduce((a, b) => (Math.abs(b.share) > Math.abs(a.share) ? b : a));
    return [
      { text: visibleString(text, "none"), name: visibleString(most.subject, "none"), share: most.share },
    ];
  });
}

export function chunksSentence(chunks: readonly ChunkDisturbance[], threshold: number): string {
  const above = chunks.filter(({ share }) => Math.abs(share) > threshold).length;
  const much = `${Math.round(threshold * 100)}\u00a0%`;
  return above === 0
    ? `No chunk gives any other fact more than ${much} of its change.`
    : `${counted(above)} of ${counted(chunks.length)} chunks give another fact more than ${much} of their change.`;
}

export function disturbanceSentence(
  shown: PreviewShown,
  ranked: readonly Disturbed[],
  threshold: number,
): string {
  const others = ranked.filter(({ isOwn }) => !isOwn);
  const [first] = others;
  const layer = shown.result.layers[0]?.layer ?? 0;
  if (first === undefined) return `No other fact of the list has a key at layer ${layer}.`;
  const above = others.filter(({ share }) => Math.abs(share) > threshold).length;
  const much = `${Math.round(threshold * 100)}\u00a0%`;
  const beginning =
    above === 0
      ? `None of ${counted(others.length)} other facts would take more than ${much} of the change at layer ${layer}`
      : `${counted(above)} of ${counted(others.length)} other facts would take more than ${much} of the change at layer ${layer}`;
  return `${beginning}; most falls on ${first.name}: ${signed(first.share)}.`;
}

export type CheckedFact = {
  name: string;
  predicted: number;
  measured: number;
  before: number | null;
  after: number | null;
};

/** All but the edited ones, whose answers were meant to change. */
export function checkedFacts({ facts, result, edited }: CheckShown): CheckedFact[] {
  const [layer] = result.layers;
  const all = result.kept.map((place, at) => ({
    isOwn: edited.has(facts[place]!.subject),
    name: visibleString(facts[place]!.subject, "none"),
    predicted: layer?.facts[at]?.predicted ?? Number.NaN,
    measured: layer?.facts[at]?.measured ?? Number.NaN,
    before: result.probabilities[at]?.before ?? null,
    after: result.probabilities[at]?.after ?? null,
  }));
  return all.filter(({ isOwn }) => !isOwn);
}

export function agreementSentence({ layers, kept }: InterferenceCheck): string {
  const [layer] = layers;
  if (layer === undefined)
    return "This edit changes no MLP output projection, so there is nothing to predict from keys.";
  const worst = Math.max(...layers.map(({ relativeError }) => relativeError));
  const error = worst < 1e-2 ? worst.toExponential(0).replace("-", "−") : worst.toPrecision(2);
  const where =
    layers.length === 1 ? `layer ${layer.layer}` : `layers ${layer.layer} to ${layers.at(-1)!.layer}`;
  return `Predicted and measured change of the output at ${where} agree to ${error} relative over ${counted(kept.length)} facts.`;
}

export function probabilitySentence(checked: readonly CheckedFact[]): string {
  const known = checked.flatMap(({ name, before, after }) =>
    before === null || after === null ? [] : [{ name, before, after, change: after - before }],
  );
  if (known.length === 0) return "No fact of the list names an answer whose probability could be followed.";
  const lost = known.filter(({ before, after }) => before >= 0.5 && after < 0.5).length;
  const worst = known.reduce((least, one) => (one.change < least.change ? one : least));
  const mean = known.reduce((sum, { change }) => sum + change, 0) / known.length;
  return `${lost === 0 ? "No other fact was lost" : `${counted(lost)} of ${counted(known.length)} other facts fell below one half`}; the mean change is ${signed(mean, 3)}, the largest loss ${worst.name} from ${worst.before.toFixed(2)} to ${worst.after.toFixed(2)}.`;
}
