/** What makes the numbers of a sequence say less than they seem to: told beside them, since nothing of it is an error. Pure. */
import type { EditRequest } from "../domain/edit";
import type { Fact } from "../domain/superposition";

type Named = Pick<Fact, "prompt" | "subject">;

const asked = ({ prompt, subject }: Named): string => prompt.replace("{}", () => subject);

/** Requests that write over earlier ones, untouched facts that a request is about after all, and doubled ones. */
export function sequenceRemarks(requests: readonly EditRequest[], untouched: readonly Fact[]): string[] {
  const edited = new Set(requests.map(({ subject }) => subject));
  const found: [readonly Named[], string, number[], string][] = [
    [
      requests,
      "request",
      repeated(requests),
      "at the prompt of an earlier one, of which only the last can hold",
    ],
    [
      untouched,
      "untouched fact",
      placesOf(untouched, ({ subject }) => edited.has(subject)),
      "about the subject of a request",
    ],
    [untouched, "untouched fact", repeated(untouched), "in the list before and counted again"],
  ];
  return found.flatMap(([list, what, places, why]) => {
    const [first] = places;
    if (first === undefined) return [];
    const name = [...list[first]!.subject].slice(0, 60).join("");
    const are = places.length === 1 ? `1 ${what} is` : `${places.length} ${what}s are`;
    return [`${are} ${why} (${what} ${first + 1}, “${name}”${places.length > 1 ? ", first" : ""}).`];
  });
}

const placesOf = <One>(list: readonly One[], isOne: (one: One) => boolean): number[] =>
  list.flatMap((one, at) => (isOne(one) ? [at] : []));

function repeated(list: readonly Named[]): number[] {
  const seen = new Set<string>();
  return placesOf(list, (one) => seen.size === seen.add(asked(one)).size);
}
