/**
 * How a worker's death is heard. An uncaught error raises an event, but a worker that closes itself, is ended by the
 * browser or runs out of memory just falls silent. So it holds a lock for as long as it lives, and the page waits for
 * that lock: the browser gives it away the moment the worker is gone.
 */

/** Browsers without locks (and Node) only hear of deaths that raise an event. */
const locks = (): LockManager | undefined => globalThis.navigator?.locks;

/** The worker's side: takes a lock nobody else has, and tells its name once it is held. */
export function holdLifeline(onHeld: (name: string) => void): void {
  const name = `palimpsest-worker-${crypto.randomUUID()}`;
  void locks()?.request(name, () => {
    onHeld(name);
    return new Promise<never>(() => undefined);
  });
}

/** The page's side: `onDeath` is called when the holder of `name` is gone, however that came about. */
export function watchLifeline(name: string, onDeath: () => void): void {
  void locks()?.request(name, onDeath);
}
