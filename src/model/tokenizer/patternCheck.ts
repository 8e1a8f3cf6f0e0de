/**
 * Vets the regular expressions of a tokenizer before they run. JavaScript's engine backtracks and cannot be interrupted,
 * so a pattern that can match one text in very many ways hangs the whole worker (platform.md 3). The rule is stricter
 * than need be and knows no text: inside a group that repeats, nothing may vary in length, and alternatives must start
 * with different characters; few unbounded repeats and few choices may follow each other; no back-references. Real split patterns
 * (GPT-2 to GPT-4o, Llama 3, Qwen, DeepSeek) pass.
 */
import { AppError } from "../../lib/errors";

const MAX_LENGTH = 20_000;
const MAX_DEPTH = 32;
/** Each one more multiplies the worst case by the text's length. */
const MAX_UNBOUNDED_IN_A_ROW = 3;
/** Ways of matching that the bounded choices of one sequence may multiply to. */
const MAX_WAYS = 1024;
/** A repeat with more choices than this is as good as unbounded. */
const MANY_CHOICES = 8;

/** What is known of a part of a pattern. */
type Part = {
  /** In how many ways bounded choices (optional parts, short counts, alternatives) may match one text. */
  ways: number;
  /** Unbounded repeats that can follow each other in one match. */
  unbounded: number;
  /** The first character, where it is a plain one; undefined where it can be many. */
  first: string | undefined;
};

const atomOf = (first?: string): Part => ({ ways: 1, unbounded: 0, first });

/** Throws `bad-tokenizer` when `source` is not a pattern, or is one that may never end. `field` names it. */
export function checkPattern(source: string, field: string): void {
  if (source.length > MAX_LENGTH) refuse(field, `is longer than ${MAX_LENGTH} characters`);
  new PatternReader(source, field).check();
}

function refuse(field: string, problem: string): never {
  const remedy = "Take the tokenizer files from the model's original repository.";
  throw new AppError("bad-tokenizer", `tokenizer.json: ${field} ${problem}.`, remedy, { field });
}

/** Recursive descent over the pattern: alternatives, then parts in sequence, then one part with its repeat. */
class PatternReader {
  #at = 0;
  readonly #source: string;
  readonly #field: string;

  constructor(source: string, field: string) {
    this.#source = source;
    this.#field = field;
  }

  check(): void {
    this.#alternatives(0);
    if (this.#at < this.#source.length) refuse(this.#field, `has a “)” too many at character ${this.#at}`);
  }

  #alternatives(depth: number): Part {
    if (depth > MAX_DEPTH) refuse(this.#field, `is nested deeper than ${MAX_DEPTH}`);
    const branches = [this.#sequence(depth)];
    while (this.#take("|")) branches.push(this.#sequence(depth));
    if (branches.length === 1) return branches[0]!;
    const firsts = branches.map((branch) => branch.first);
    const distinct = !firsts.includes(undefined) && new Set(firsts).size === firsts.length;
    const ways = branches.map((branch) => branch.ways);
    return {
      ways: distinct ? Math.max(...ways) : ways.reduce((total, one) => total + one, 0),
      unbounded: Math.max(...branches.map((branch) => branch.unbounded)),
      first: undefined,
    };
  }

  #sequence(depth: number): Part {
    const whole = atomOf();
    for (let index = 0; this.#at < this.#source.length && !"|)".includes(this.#peek()); index++) {
      const part = this.#repeated(depth);
      if (index === 0) whole.first = part.first;
      whole.ways *= part.ways;
      whole.unbounded += part.unbounded;
    }
    if (whole.unbounded > MAX_UNBOUNDED_IN_A_ROW || whole.ways > MAX_WAYS) {
      refuse(this.#field, `has so many repeats and choices in a row that it could take very long`);
    }
    return whole;
  }

  #repeated(depth: number): Part {
    const part = this.#atom(depth);
    const count = this.#quantifier();
    if (!count) return part;
    const { least, most } = count;
    if (most > 1 && (part.ways > 1 || part.unbounded > 0)) {
      refuse(
        this.#field,
        `repeats a group that itself varies (near character ${this.#at}) and could take forever`,
      );
    }
    const choices = most - least + 1;
    const many = choices > MANY_CHOICES;
    return {
      ways: many ? part.ways : part.ways * choices,
      unbounded: part.unbounded + (many ? 1 : 0),
      first: least > 0 ? part.first : undefined,
    };
  }

  #quantifier(): { least: number; most: number } | undefined {
    const match = /^(?:([*+?])|\{(\d*)(,?)(\d*)\})[?+]?/.exec(this.#source.slice(this.#at, this.#at + 32));
    if (!match || match[0].startsWith("{}")) return undefined;
    this.#at += match[0].length;
    const [, symbol, least, comma, most] = match;
    if (symbol) return { least: symbol === "+" ? 1 : 0, most: symbol === "?" ? 1 : Infinity };
    const from = Number(least || 0);
    return { least: from, most: comma ? Number(most || Infinity) : from };
  }

  #atom(depth: number): Part {
    const character = this.#next();
    if (character === "(") return this.#group(depth);
    if (character === "[") return this.#characterClass();
    if (character === "\\") return this.#escape();
    return atomOf(".^$".includes(character) ? undefined : character);
  }

  #group(depth: number): Part {
    const opening = this.#at - 1;
    const prefix = /^\?(?:[:=!>|]|<[=!]|<\w+>|P<\w+>|[a-z]*(?:-[a-z]+)?[:)])/i.exec(
      this.#source.slice(this.#at),
    );
    this.#at += prefix?.[0].length ?? 0;
    if (prefix?.[0].endsWith(")")) return atomOf();
    const inside = this.#alternatives(depth + 1);
    if (!this.#take(")"))
      refuse(this.#field, `has a group that is never closed, opened at character ${opening}`);
    return inside;
  }

  #characterClass(): Part {
    const opening = this.#at - 1;
    this.#take("^");
    let depth = 1;
    for (let index = 0; depth > 0; index++) {
      if (this.#at >= this.#source.length) {
        refuse(this.#field, `has a class that is never closed, opened at character ${opening}`);
      }
      const character = this.#next();
      if (character === "\\") this.#next();
      else if (character === "[") depth++;
      else if (character === "]" && index > 0) depth--;
    }
    return atomOf();
  }

  #escape(): Part {
    if (this.#at >= this.#source.length) refuse(this.#field, "ends in a lone backslash");
    const character = this.#next();
    if (/[1-9k]/.test(character)) refuse(this.#field, "refers back to an earlier group, which is not read");
    const braces = /^\{[^}]*\}/.exec(this.#source.slice(this.#at, this.#at + 64));
    if (/[pPxu]/.test(character) && braces) this.#at += braces[0].length;
    return atomOf();
  }

  #peek = (): string => this.#source[this.#at]!;
  #next = (): string => this.#source[this.#at++] ?? "";
  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}
