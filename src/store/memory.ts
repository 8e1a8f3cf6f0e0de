/**
 * What the page remembers between visits, and what a permalink carries. Everything read back is checked:
 * storage and addresses can hold anything.
 */
import type { Span } from "./prompt";

export type Remembered = { prompt: string; subject: Span | undefined; target: string; seed: number };
export type Link = Remembered & { model: string | undefined };

const KEY = "palimpsest.page.1";
const LONGEST_PROMPT = 4000;

function toSpan(start: unknown, end: unknown, length: number): Span | undefined {
  const isPosition = (value: unknown): value is number =>
    typeof value === "number" && Number.isInteger(value);
  if (!isPosition(start) || !isPosition(end)) return undefined;
  return start >= 0 && start < end && end <= length ? { start, end } : undefined;
}

function toRemembered(value: unknown): Remembered | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { prompt, start, end, target, seed } = value as Record<string, unknown>;
  if (typeof prompt !== "string" || prompt === "" || prompt.length > LONGEST_PROMPT) return undefined;
  return {
    prompt,
    subject: toSpan(start, end, prompt.length),
    target: typeof target === "string" ? target.slice(0, LONGEST_PROMPT) : "",
    seed: typeof seed === "number" && Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 ? seed : 1,
  };
}

function flatten(page: Remembered): Record<string, string | number> {
  const { prompt, subject, target, seed } = page;
  return { prompt, ...(subject ?? {}), target, seed };
}

/** Storage may be full or forbidden; the page works without. */
export function remember(storage: Pick<Storage, "setItem">, page: Remembered): void {
  try {
    storage.setItem(KEY, JSON.stringify(flatten(page)));
  } catch {
    return;
  }
}

export function recollect(storage: Pick<Storage, "getItem">): Remembered | undefined {
  try {
    return toRemembered(JSON.parse(storage.getItem(KEY) ?? "null"));
  } catch {
    return undefined;
  }
}

/** `#prompt=…&start=4&end=11&target=…&seed=1&model=embedded:x`; never weights. */
export function toLink(page: Link): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(flatten(page)))
    if (value !== "") parameters.set(name, String(value));
  if (page.model !== undefined) parameters.set("model", page.model);
  return `#${parameters.toString()}`;
}

export function fromLink(hash: string): Link | undefined {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name: string): number | undefined => {
    const value = parameters.get(name);
    return value === null || value === "" ? undefined : Number(value);
  };
  const page = toRemembered({
    prompt: parameters.get("prompt"),
    start: number("start"),
    end: number("end"),
    target: parameters.get("target") ?? "",
    seed: number("seed"),
  });
  const model = parameters.get("model") ?? undefined;
  return page && { ...page, model: model !== undefined && model.length < 300 ? model : undefined };
}
