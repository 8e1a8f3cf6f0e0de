/** What an average trace says, as one sentence with its numbers. Pure. */
import type { Average, TokenRole, TraceAverageResult, TraceKind } from "../../domain/trace";

const PLACES: Readonly<Record<TokenRole, string>> = {
  firstSubject: "the subject’s first token",
  middleSubject: "the subject’s middle tokens",
  lastSubject: "the subject’s last token",
  firstAfter: "the first token after the subject",
  further: "the tokens after that",
  last: "the last token",
};

/** A smaller drop of the mean probability than this makes an average hard to read. */
const LEAST_DROP = 0.1;

export type AveragePeak = { role: TokenRole; layer: number; effect: Average };

const withInterval = ({ mean, interval }: Average): string =>
  `${mean.toFixed(2)}\u00a0±\u00a0${interval.toFixed(2)}`;

/** Where restoring one kind of module brings back most. */
export function averagePeak(
  { maps, roles }: Pick<TraceAverageResult, "maps" | "roles">,
  kind: TraceKind,
): AveragePeak | undefined {
  let best: AveragePeak | undefined;
  maps
    .find((map) => map.kind === kind)
    ?.cells.forEach((row, index) =>
      row.forEach(({ effect }, layer) => {
        if (best === undefined || effect.mean > best.effect.mean)
          best = { role: roles[index]!, layer, effect };
      }),
    );
  return best;
}

/** @param list what the facts are called: `known facts` */
export function averageSentence(result: TraceAverageResult, list: string): string {
  const { facts, clean, corrupted, total } = result;
  const drop = `Over ${facts} ${list}, noise on the subject takes the answer from ${withInterval(clean)} to ${withInterval(corrupted)}`;
  if (total.mean < LEAST_DROP) return `${drop}: so little that these averages say nothing.`;
  const [mlp, attention] = [averagePeak(result, "mlp"), averagePeak(result, "attention")];
  if (mlp === undefined || attention === undefined) return `${drop}.`;
  const told = ({ role, layer, effect }: AveragePeak): string =>
    `most around layer ${layer} at ${PLACES[role]}, ${withInterval(effect)}`;
  return `${drop}. Restored MLPs bring back ${told(mlp)}; restored attention ${told(attention)}.`;
}
