/**
 * Fixtures are kept small: a safetensors file may leave out tensors that follow from others, and say how in its
 * metadata under `derived` (scripts/references/compactFixtures.py writes them). This puts them back, apart from the
 * loader under test, so that all readers see whole files. The same code serves Node and a browser under test.
 */

/** One way each: a vector's outer product with another, a symmetric matrix from its lower triangle, A [m, r] B [r, n]. */
type Rule = { outer: [string, string] } | { symmetric: string } | { product: [string, string] };

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };
type Stored = { dtype: string; shape: number[]; values: Numbers };
type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** The bytes with every left out tensor in its place; the same bytes when the file leaves nothing out. */
export function expandFixture(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const { __metadata__: notes, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, start)),
  ) as Record<string, Entry> & { __metadata__?: Record<string, string> };
  if (notes?.["derived"] === undefined) return bytes;
  const { derived, ...metadata } = notes;
  const rules = Object.entries(JSON.parse(derived) as Record<string, Rule>);
  const stored = (name: string): Stored => {
    const { dtype, shape, data_offsets: at } = entries[name]!;
    const raw = bytes.slice(start + at[0], start + at[1]).buffer;
    return { dtype, shape, values: dtype === "F64" ? new Float64Array(raw) : new Float32Array(raw) };
  };
  const helpers = new Set(rules.flatMap(([, rule]) => helpersOf(rule)));
  const parts = Object.entries(entries)
    .filter(([name]) => !helpers.has(name))
    .map(([name, { dtype, shape, data_offsets: at }]) => {
      return { name, dtype, shape, raw: bytes.slice(start + at[0], start + at[1]) };
    });
  for (const [name, rule] of rules) {
    const { dtype, shape, values } = derive(rule, stored);
    parts.push({ name, dtype, shape, raw: new Uint8Array(values.buffer) });
  }
  return encode(parts, metadata);
}

/** Tensors that are there for the derived one alone. */
function helpersOf(rule: Rule): string[] {
  if ("symmetric" in rule) return [rule.symmetric];
  return "product" in rule ? rule.product.filter((name) => name.endsWith(".factor")) : [];
}

function derive(rule: Rule, stored: (name: string) => Stored): Stored {
  if ("symmetric" in rule) return mirrored(stored(rule.symmetric));
  const [left, right] = ("outer" in rule ? rule.outer : rule.product).map(stored) as [Stored, Stored];
  const m = left.shape[0]!;
  const rank = "outer" in rule ? 1 : left.shape[1]!;
  const n = right.shape.at(-1)!;
  const values = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += left.values[i * rank + k]! * right.values[k * n + j]!;
      values[i * n + j] = sum;
    }
  }
  return { dtype: "F32", shape: [m, n], values };
}

/** From n (n + 1) / 2 numbers, row by row. */
function mirrored({ dtype, values: triangle }: Stored): Stored {
  const n = (Math.sqrt(8 * triangle.length + 1) - 1) / 2;
  const values = dtype === "F64" ? new Float64Array(n * n) : new Float32Array(n * n);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j <= i; j++, at++) {
      values[i * n + j] = triangle[at]!;
      values[j * n + i] = triangle[at]!;
    }
  }
  return { dtype, shape: [n, n], values };
}

function encode(
  parts: readonly { name: string; dtype: string; shape: number[]; raw: Uint8Array }[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let size = 0;
  for (const { name, dtype, shape, raw } of parts) {
    header[name] = { dtype, shape, data_offsets: [size, (size += raw.length)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { raw } of parts) {
    bytes.set(raw, at);
    at += raw.length;
  }
  return bytes;
}
