/**
 * A chat template is a program out of a stranger's file. It runs here with a budget: every expression costs one, every
 * list it makes its length and every text a hundredth of it, so that neither a loop without end nor a value that doubles
 * gets far. What the budget does not see (the library's own parsing) is left to whoever watches the caller.
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";

type Value = ReturnType<Interpreter["evaluate"]>;

/** Published templates spend some thousands on a long conversation. */
const BUDGET = 300_000;
const LONGEST_RANGE = 100_000;

class FrugalInterpreter extends Interpreter {
  #left = BUDGET;

  override evaluate(...[statement, environment]: Parameters<Interpreter["evaluate"]>): Value {
    const value = super.evaluate(statement, environment);
    this.#left -= 1 + sizeOf(value);
    if (this.#left < 0) throw new Error("it runs without end, or makes texts without end");
    return value;
  }
}

function sizeOf({ value }: Value): number {
  if (typeof value === "string") return value.length / 100;
  if (Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 0;
}

function range(first: number, end?: number, step = 1): number[] {
  const [from, to] = end === undefined ? [0, first] : [first, end];
  const count = Math.ceil((to - from) / step);
  if (!(count <= LONGEST_RANGE)) throw new Error(`it counts through ${count} numbers`);
  return Array.from({ length: Math.max(0, count) }, (_, index) => from + index * step);
}

/** The letters of Python's strftime that templates use; names in English, as Python has them. */
function strftimeNow(format: string): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, "0");
  const month = (length: "long" | "short"): string =>
    new Intl.DateTimeFormat("en", { month: length }).format(now);
  const parts: Readonly<Record<string, () => string>> = {
    Y: () => String(now.getFullYear()),
    m: () => two(now.getMonth() + 1),
    d: () => two(now.getDate()),
    H: () => two(now.getHours()),
    M: () => two(now.getMinutes()),
    B: () => month("long"),
    b: () => month("short"),
    "%": () => "%",
  };
  return format.replace(/%([YmdHMBb%])/g, (_, letter: string) => parts[letter]!());
}

/**
 * The template's text for these variables, spaces around blocks as Hugging Face's library has them.
 * Throws an Error that says what is wrong with the template, in words that continue “cannot be used:”.
 */
export function renderTemplate(source: string, variables: Readonly<Record<string, unknown>>): string {
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  const environment = new Environment();
  for (const [names, value] of [
    [["true", "True"], true],
    [["false", "False"], false],
    [["none", "None"], null],
  ] as const) {
    for (const name of names) environment.set(name, value);
  }
  environment.set("range", range);
  environment.set("strftime_now", strftimeNow);
  environment.set("raise_exception", (reason: unknown) => {
    throw new Error(String(reason));
  });
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  return String(new FrugalInterpreter(environment).run(program).value);
}
