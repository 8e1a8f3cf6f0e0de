/**
 * The user's own edits of a model while a sequence has their place on it, as an edit file: kept in the browser, so that
 * a page that is closed in the middle does not lose them.
 */

type Bytes = Uint8Array<ArrayBuffer>;
type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

/** Storage of this kind takes some megabytes in all. */
const MOST_BYTES = 2 ** 21;

const keyOf = (modelHash: string): string => `palimpsest.aside.${modelHash}`;

/** False where storage refuses: the edits then last as long as the page. */
export function keepAside(storage: Storage | undefined, modelHash: string, bytes: Bytes): boolean {
  if (bytes.length > MOST_BYTES) return false;
  try {
    storage?.setItem(
      keyOf(modelHash),
      btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), "")),
    );
    return storage !== undefined;
  } catch {
    return false;
  }
}

/** Undefined where there are none. What storage holds instead is found out when the bytes are opened. */
export function recallAside(storage: Storage | undefined, modelHash: string): Bytes | undefined {
  try {
    const text = storage?.getItem(keyOf(modelHash));
    return text ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : undefined;
  } catch {
    return undefined;
  }
}

export function forgetAside(storage: Storage | undefined, modelHash: string): void {
  try {
    storage?.removeItem(keyOf(modelHash));
  } catch {
    return;
  }
}
