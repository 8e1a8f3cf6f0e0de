/** One request and its body: silence of the server ends it, as does the user, and the body is counted as it comes. */
import { cancelled, isAllowed, networkError, Retryable } from "./networkError";

export type ExchangeOptions = {
  signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which the connection counts as broken. */
  stall: number;
  /** Hosts the answer may come from after redirects; any when absent. */
  allowedHosts?: readonly string[] | undefined;
  /** The only header ever sent: others would need a preflight that the hub's storage refuses. */
  range?: { start: number; end: number } | undefined;
};

export type Exchange = {
  response: Response;
  /**
   * Hands over the body piece by piece.
   * @throws Retryable when the connection breaks; whatever `take` throws, after closing the connection
   */
  pour(take: (piece: Uint8Array) => void): Promise<void>;
  /** Ends the connection without reading the rest. */
  close(): void;
};

/** @throws Retryable (no connection), AppError network (host not allowed), cancelled */
export async function exchange(url: string | URL, options: ExchangeOptions): Promise<Exchange> {
  const { signal, stall, allowedHosts, range } = options;
  const controller = new AbortController();
  const stop = () => controller.abort();
  signal?.addEventListener("abort", stop);
  let timer = setTimeout(stop, stall);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(stop, stall);
  };
  const finish = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  };
  const close = () => {
    finish();
    controller.abort();
  };
  const broken = (error: unknown): Error => {
    close();
    if (signal?.aborted) return cancelled();
    if (controller.signal.aborted && isAbort(error)) return new Retryable(`no answer for ${stall / 1000} s`);
    return new Retryable(error instanceof Error ? error.message : String(error));
  };
  const headers: HeadersInit = range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {};
  // Signed addresses expire: a redirect out of the browser's cache could point to a dead one.
  const request: RequestInit = { headers, signal: controller.signal, credentials: "omit", cache: "no-store" };
  if (signal?.aborted) throw (finish(), cancelled());
  const response = await fetch(url, request).catch((error: unknown) => {
    throw broken(error);
  });
  if (allowedHosts && !isAllowed(response.url || String(url), allowedHosts)) {
    close();
    throw networkError(url, `the server sent us to ${new URL(response.url).host}, which is not trusted`);
  }
  return {
    response,
    close,
    async pour(take) {
      const reader = response.body?.getReader();
      for (;;) {
        alive();
        const piece = await reader?.read().catch((error: unknown) => {
          throw broken(error);
        });
        if (!piece || piece.done) break;
        try {
          take(piece.value);
        } catch (error) {
          close();
          throw error;
        }
      }
      finish();
    },
  };
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
