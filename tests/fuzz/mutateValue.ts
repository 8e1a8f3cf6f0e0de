/**
 * Damages JSON as a structure: what a careful attacker would write, where mutate.ts is what a broken disk would. The
 * result is always JSON; values have other types, sizes and places, keys other names, and some of both are traps.
 */
import type { Random } from "../../src/loading/testing/mutate";

/** Numbers that JSON can say and JavaScript cannot write: put in as text afterwards. */
const RAW = ["1e999", "-1e999", "-0", "9007199254740993", "1e-400", "0.1e1"].map(
  (text) => `\u0001${text}\u0001`,
);
const NUMBERS = [0, -1, 1, 2, 3, 7, 0.5, 255, 65536, 2 ** 31, 2 ** 32, 2 ** 53, 1e9, 1e12, 1e300, -1e9];
export const HOSTILE_TEXTS = [
  "",
  " ",
  "__proto__",
  "constructor",
  "=1+1",
  "<img src=x onerror=alert(1)>",
  "\u0000\u001b[2J",
  "a\u202eb\u2066c",
  "\ud800",
  "{}",
  "{} {}",
  "🦊".repeat(50),
  "x".repeat(5000),
  "../../etc/passwd",
  "(a+)+$",
  "a*a*a*b",
  "{{ 1 / 0 }}",
];
const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "length",
  "",
  "hasOwnProperty",
  "then",
  "toJSON",
];
const POISON = { polluted: true, isAdmin: true };

type Place = { holder: Record<string, unknown> | unknown[]; key: string };

/** JSON text: `original` with one to three damages. */
export function mutateValue(original: unknown, random: Random): string {
  const root = { value: structuredClone(original) };
  for (let times = 1 + random.below(3); times > 0; times--) damage(root, random);
  const text = JSON.stringify(root.value) ?? "null";
  return text.replace(/"\\u0001([^"\\]*)\\u0001"/g, "$1");
}

function damage(root: Record<string, unknown>, random: Random): void {
  const places = placesIn(root);
  if (places.length === 0) return;
  const place = random.pick(places);
  const value = read(place);
  switch (random.below(9)) {
    case 0:
      return write(place, random.pick([...NUMBERS, ...RAW]));
    case 1:
      return write(place, random.pick(HOSTILE_TEXTS));
    case 2:
      return write(
        place,
        random.pick<unknown>([null, true, false, [], {}, [[]], [null], { a: 1 }, nested(random)]),
      );
    case 3:
      return write(place, structuredClone(read(random.pick(places))));
    case 4:
      return remove(place);
    case 5:
      return rename(place, random.pick(KEYS));
    case 6:
      if (isObject(value)) define(value, random.pick(KEYS), { ...POISON });
      else if (Array.isArray(value)) value.push(...structuredClone(value).slice(0, 3));
      return;
    case 7:
      return write(place, nudge(value, random));
    default:
      return write(place, [value]);
  }
}

/** A value near the original: the off-by-one, the other sign, one more letter. */
function nudge(value: unknown, random: Random): unknown {
  if (typeof value === "number")
    return random.pick([value + 1, value - 1, -value, value * 2, value / 2, value + 0.5]);
  if (typeof value === "string")
    return random.pick([value + "x", value.slice(1), value.toUpperCase(), ` ${value}`]);
  if (typeof value === "boolean") return !value;
  return Array.isArray(value) ? value.toReversed() : value;
}

function nested(random: Random): unknown {
  let value: unknown = 1;
  for (let depth = random.pick([10, 63, 64, 65, 500]); depth > 0; depth--)
    value = random.below(2) ? [value] : { a: value };
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** All places of a small structure; of a large one (a vocabulary) the first of each list and a spread of the others. */
function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const visit = (holder: Place["holder"]): void => {
    const keys = Object.keys(holder);
    const stride = Math.max(1, Math.floor(keys.length / 40));
    for (let at = 0; at < keys.length; at += stride) {
      const key = keys[at]!;
      places.push({ holder, key });
      const value = (holder as Record<string, unknown>)[key];
      if (typeof value === "object" && value !== null && places.length < 5000)
        visit(value as Place["holder"]);
    }
  };
  visit(root);
  return places;
}

const read = ({ holder, key }: Place): unknown => (holder as Record<string, unknown>)[key];
const write = ({ holder, key }: Place, value: unknown): void => define(holder, key, value);

function define(holder: object, key: string, value: unknown): void {
  // `holder.__proto__ = value` would change the prototype; a file's key is an ordinary one.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function rename(place: Place, key: string): void {
  if (Array.isArray(place.holder)) return;
  const value = read(place);
  remove(place);
  define(place.holder, key, value);
}
