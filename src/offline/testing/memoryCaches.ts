/** The browser's named caches in memory, as far as the offline site uses them. */
import type { OfflineSiteContext } from "../offlineSite";

export function memoryCaches(): OfflineSiteContext["caches"] {
  const stores = new Map<string, Map<string, Response>>();
  return {
    keys: () => Promise.resolve([...stores.keys()]),
    delete: (name) => Promise.resolve(stores.delete(name)),
    open: (name) => {
      const store = stores.get(name) ?? new Map<string, Response>();
      stores.set(name, store);
      const cache: Pick<Cache, "match" | "put"> = {
        match: (address) => Promise.resolve(store.get(String(address))?.clone()),
        put: (address, response) => Promise.resolve(void store.set(String(address), response)),
      };
      return Promise.resolve(cache as Cache);
    },
  };
}
