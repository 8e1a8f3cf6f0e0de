/**
 * Which workspace is on the screen. In a store, because a result in one workspace may lead to another; the address
 * remembers it (`?w=compare`), so that back, forward and a link come to the same place.
 */
import { createStore, type StoreApi } from "zustand/vanilla";

/** The workspace of the first paint; its address carries no `w`. */
export const FIRST_PLACE = "trace";

export type PlaceState = {
  /** The id of an entry of `components/workspaces.ts`; an unknown one shows the first. */
  place: string;
  /** A step of the user: one entry more in the browser's history. */
  go(place: string): void;
  /** The address changed by itself: the first paint, back and forward. */
  follow(search: string): void;
};

export type PlaceStore = StoreApi<PlaceState>;

export function placeOf(search: string): string {
  return new URLSearchParams(search).get("w") ?? FIRST_PLACE;
}

/** The same address at another workspace: path and hash stay. */
export function addressOf(place: string, search: string, hash: string): string {
  const parameters = new URLSearchParams(search);
  if (place === FIRST_PLACE) parameters.delete("w");
  else parameters.set("w", place);
  const query = parameters.toString();
  return `${query === "" ? "./" : `?${query}`}${hash}`;
}

export function createPlaceStore(): PlaceStore {
  return createStore<PlaceState>()((set, get) => ({
    place: FIRST_PLACE,
    go: (place) => {
      if (place === get().place) return;
      history.pushState(null, "", addressOf(place, location.search, location.hash));
      set({ place });
    },
    follow: (search) => set({ place: placeOf(search) }),
  }));
}
