/**
 * SentencePiece's BPE keeps no merges: it joins whichever two neighbours make the piece with the best score. A list of
 * merges says the same: every way to halve a piece into two pieces, best piece first.
 */

/** Merges from pieces and their scores; equal scores keep the order of the pieces. */
export function mergesFromScores(scores: ReadonlyMap<string, number>): [string, string][] {
  const pieces = [...scores].sort(([, a], [, b]) => b - a);
  return pieces.flatMap(([piece]) =>
    halvings(piece).filter(([left, right]) => scores.has(left) && scores.has(right)),
  );
}

/** Every cut between two characters (not within a surrogate pair). */
function halvings(piece: string): [string, string][] {
  const cuts: [string, string][] = [];
  let at = 0;
  for (const character of piece) {
    if (at > 0) cuts.push([piece.slice(0, at), piece.slice(at)]);
    at += character.length;
  }
  return cuts;
}
