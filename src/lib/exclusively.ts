/** Jobs that must not overlap with those of the same name in another tab. */

/** Browsers without locks, and Node, run the job as it is: there the files' own locks are all there is. */
export function exclusively<T>(name: string, job: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  return locks === undefined ? job() : locks.request(name, job);
}
