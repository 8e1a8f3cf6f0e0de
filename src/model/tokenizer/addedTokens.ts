/**
 * Added tokens: texts that are one token whatever stands around them. They are cut out before anything else, the longest
 * first at each place; those marked `normalized` are looked for in the normalised text instead.
 */

export type AddedToken = {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
  /** Take the white space before or after into the token. */
  lstrip: boolean;
  rstrip: boolean;
  /** Only where no letter, digit or underscore touches it. */
  singleWord: boolean;
};

/** A stretch of text: a token cut out (its span includes stripped white space), or what lies between. */
export type Section = { from: number; to: number; token: AddedToken | undefined };

const WORD = /[\p{L}\p{M}\p{N}\p{Pc}]/u;

/** A function that cuts texts at these tokens. `contentOf` gives the text to look for. */
export function createSplitter(
  tokens: readonly AddedToken[],
  contentOf: (token: AddedToken) => string = (token) => token.content,
): (text: string) => Section[] {
  const byContent = new Map<string, AddedToken>();
  const lengthsByFirstUnit = new Map<string, Set<number>>();
  for (const token of tokens) {
    const content = contentOf(token);
    if (content === "") continue;
    byContent.set(content, token);
    const lengths = lengthsByFirstUnit.get(content[0]!) ?? new Set();
    lengthsByFirstUnit.set(content[0]!, lengths.add(content.length));
  }
  const longestFirst = new Map(
    [...lengthsByFirstUnit].map(([unit, lengths]) => [unit, [...lengths].sort((a, b) => b - a)]),
  );

  const findAt = (text: string, at: number): { token: AddedToken; length: number } | undefined => {
    for (const length of longestFirst.get(text[at]!) ?? []) {
      const token = byContent.get(text.slice(at, at + length));
      const fits = at + length <= text.length;
      if (fits && token && (!token.singleWord || standsAlone(text, at, at + length)))
        return { token, length };
    }
    return undefined;
  };

  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (let at = 0; at < text.length;) {
      const found = findAt(text, at);
      if (!found) {
        at++;
        continue;
      }
      const { token, length } = found;
      const from = token.lstrip ? done + text.slice(done, at).trimEnd().length : at;
      const end = at + length;
      const to = token.rstrip ? text.length - text.slice(end).trimStart().length : end;
      if (from > done) sections.push({ from: done, to: from, token: undefined });
      sections.push({ from, to, token });
      done = at = to;
    }
    if (done < text.length) sections.push({ from: done, to: text.length, token: undefined });
    return sections;
  };
}

function standsAlone(text: string, from: number, to: number): boolean {
  return !WORD.test(text[from - 1] ?? " ") && !WORD.test(text[to] ?? " ");
}
