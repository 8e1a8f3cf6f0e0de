/**
 * Where earlier versions kept the user's own edits while a sequence had their place: as an edit file in localStorage.
 * The lab's journal takes them over (ownEdits.ts); this only reads what is still there.
 */

type Bytes = Uint8Array<ArrayBuffer>;
export type AsideStorage = Pick<globalThis.Storage, "getItem" | "removeItem">;

const keyOf = (modelHash: string): string => `palimpsest.aside.${modelHash}`;

/** Undefined where there are none. What storage holds instead is found out when the bytes are opened. */
export function recallAside(storage: AsideStorage | undefined, modelHash: string): Bytes | undefined {
  try {
    const text = storage?.getItem(keyOf(modelHash));
    return text ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : undefined;
  } catch {
    return undefined;
  }
}

export function forgetAside(storage: AsideStorage | undefined, modelHash: string): void {
  try {
    storage?.removeItem(keyOf(modelHash));
  } catch {
    return;
  }
}
