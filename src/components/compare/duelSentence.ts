/** What a duel came to, in one sentence with its numbers. Pure. */
import type { DuelResult, KindScore } from "../../domain/trials";
import { percent } from "../ui/numbers";

type Done = DuelResult["entries"][number] & { status: "done" };

export const KINDS = [
  { kind: "rewrite", label: "rewrite" },
  { kind: "paraphrase", label: "other wordings" },
  { kind: "neighbourhood", label: "neighbours kept" },
] as const;

export const isDone = (entry: DuelResult["entries"][number]): entry is Done => entry.status === "done";

const share = (score: KindScore | null): number => (score === null ? 1 : score.good / score.count);

/** One number to order by: the harmonic mean of the kinds' shares, as the field does, and ties by probability. */
export function standing({ scores }: Done): number {
  const shares = KINDS.map(({ kind }) => share(scores[kind]));
  const harmonic = shares.some((one) => one === 0)
    ? 0
    : shares.length / shares.reduce((sum, one) => sum + 1 / one, 0);
  return harmonic + 1e-6 * (scores.rewrite?.p ?? 0);
}

/** Below it, some kind of probe failed altogether. */
const NO_BALANCE = 1e-4;

/** Lists that ask for nothing but the rewrite cannot tell what a method costs. */
function rewriteSentence(done: readonly Done[], requests: number): string {
  const best = done.toSorted((a, b) => standing(b) - standing(a))[0]!;
  const { good = 0, count = 0, p = 0 } = best.scores.rewrite ?? {};
  const what = requests === 1 ? "this request" : `${requests} requests`;
  const alike = done.filter(({ scores }) => scores.rewrite?.good === good).length - 1;
  const others = alike === 0 ? "" : `, as ${alike === 1 ? "does one other" : `do ${alike} others`}`;
  return `Of ${what}, ${best.method} writes ${good} of ${count}${others}, with ${percent(p)} on average${done.length === 1 ? "" : `: the most of ${done.length}`}. What it costs is not asked: the list has no other wordings and no neighbours.`;
}

const of = (score: KindScore | null): string | undefined =>
  score === null ? undefined : `${score.good} of ${score.count}`;

export function duelSentence(result: DuelResult, requests: number): string {
  const done = result.entries.filter(isDone);
  const failed = result.entries.length - done.length;
  const best = done.toSorted((a, b) => standing(b) - standing(a))[0];
  const refused = failed === 0 ? "" : ` ${failed} could not take these requests.`;
  if (best === undefined) return `No method could take these requests.`;
  const { rewrite, paraphrase, neighbourhood } = best.scores;
  if (paraphrase === null && neighbourhood === null) return `${rewriteSentence(done, requests)}${refused}`;
  const parts = [
    `writes ${of(rewrite) ?? "none"}`,
    ...(paraphrase === null ? [] : [`answers ${of(paraphrase)} other wordings`]),
    ...(neighbourhood === null ? [] : [`leaves ${of(neighbourhood)} neighbours as they were`]),
  ];
  const list = parts.length < 3 ? parts.join(" and ") : `${parts[0]}, ${parts[1]} and ${parts[2]}`;
  const what = requests === 1 ? "this request" : `${requests} requests`;
  const place =
    standing(best) < NO_BALANCE
      ? `the closest of ${done.length}, but it fails one kind altogether`
      : `the best balance of ${done.length}`;
  return `Of ${what}, ${best.method} ${list}: ${place}.${refused}`;
}
