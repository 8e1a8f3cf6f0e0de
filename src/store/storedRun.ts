/** A finished sequence of edits that ships with the page: shown until there is one of the user's own. */
import { isRun, type LifelongRun } from "./keptRuns";

/** Undefined where it cannot be had, which costs only the first look. */
export async function fetchStoredRun(): Promise<LifelongRun | undefined> {
  try {
    const response = await fetch(new URL("examples/lifelong.json", document.baseURI));
    const found: unknown = response.ok ? await response.json() : undefined;
    return isRun(found) && found.points.length > 0 ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Before any model is there, and beside the one it was written into: what it tells is not so of another. */
export const mayShow = ({ modelHash }: Pick<LifelongRun, "modelHash">, loaded: string | undefined): boolean =>
  loaded === undefined || loaded === modelHash;
