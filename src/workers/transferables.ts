/** Finds the buffers in a plain value, so that they are moved to the other thread instead of copied. */
export function transferables(value: unknown): Transferable[] {
  const found = new Set<ArrayBuffer>();
  collect(value, found, 0);
  return [...found];
}

const DEEPEST = 8;

function collect(value: unknown, found: Set<ArrayBuffer>, depth: number): void {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return;
  if (value instanceof ArrayBuffer) found.add(value);
  else if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && ownsItsBuffer(value)) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    if (typeof value[0] === "object") for (const item of value) collect(item, found, depth + 1);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) collect(item, found, depth + 1);
  }
}

/** A view on part of a larger buffer must be copied: moving its buffer would empty its neighbours. */
function ownsItsBuffer(view: ArrayBufferView): boolean {
  return view.byteLength === view.buffer.byteLength;
}
