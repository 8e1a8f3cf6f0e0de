/** Words as Python's `split()` finds them; JavaScript's `\s` has U+FEFF besides, and lacks five controls. Pure. */

const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** Between runs of whitespace, none of them empty. */
export const splitWords = (text: string): string[] => text.split(SPACES).filter((word) => word !== "");
