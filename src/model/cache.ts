/** Keys and values of the positions already read, layer by layer, so that the next tokens need not repeat them. */
import { concat } from "../gpu/ops";
import { dispose, keep, tidy, type Tensor } from "../gpu/tensor";
import { invariant } from "../lib/errors";

/** Both [batch, positions, keyValueHeads * headDim]; keys after norm and rotation. */
export type KeyValue = { key: Tensor; value: Tensor };

export class KeyValueCache {
  readonly #layers: KeyValue[] = [];

  /** Positions held. */
  get length(): number {
    return this.#layers[0]?.key.shape[1] ?? 0;
  }

  /** What the layer's queries look back on; undefined while nothing has been read. */
  prefix(layer: number): KeyValue | undefined {
    return this.#layers[layer];
  }

  /** Appends new positions of every layer. Takes ownership of the tensors. */
  append(added: readonly KeyValue[]): void {
    invariant(this.length === 0 || added.length === this.#layers.length, "every layer grows at once");
    added.forEach((one, layer) => {
      const old = this.#layers[layer];
      this.#layers[layer] = old === undefined ? one : join(old, one);
    });
  }

  dispose(): void {
    for (const { key, value } of this.#layers) dispose(key, value);
    this.#layers.length = 0;
  }
}

function join(old: KeyValue, added: KeyValue): KeyValue {
  const joined = tidy(() => ({
    key: keep(concat([old.key, added.key], 1)),
    value: keep(concat([old.value, added.value], 1)),
  }));
  dispose(old.key, old.value, added.key, added.value);
  return joined;
}
