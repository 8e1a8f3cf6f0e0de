/** A small file in one piece: configurations, tokenizers, embedded models. */
import type { AppError } from "../../lib/errors";
import { DEFAULT_POLICY, withRetries, type RetryPolicy } from "./attempts";
import { exchange } from "./exchange";
import { isPassing, networkError, Retryable } from "./networkError";

export type WholeOptions = {
  /** Largest body accepted, in bytes; a longer one is not read to its end. */
  limit: number;
  signal?: AbortSignal | undefined;
  allowedHosts?: readonly string[] | undefined;
  policy?: RetryPolicy | undefined;
  /** Turns a status such as 404 into a better error; return undefined for the ordinary one. */
  explain?: ((response: Response) => AppError | undefined) | undefined;
};

/**
 * @throws AppError network (with `details.status`), cancelled, or what `explain` returns
 */
export async function fetchWhole(url: string | URL, options: WholeOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { limit, signal, allowedHosts, policy = DEFAULT_POLICY, explain } = options;
  const attempt = async () => {
    const { response, pour, close } = await exchange(url, { signal, stall: policy.stall, allowedHosts });
    if (!response.ok) {
      close();
      if (isPassing(response.status)) throw new Retryable(`status ${response.status}`, retryAfter(response));
      const { status } = response;
      throw explain?.(response) ?? networkError(url, `the server answered ${status}`, { status });
    }
    const pieces: Uint8Array[] = [];
    let length = 0;
    await pour((piece) => {
      length += piece.length;
      if (length > limit) throw networkError(url, `it is longer than the ${limit} bytes expected`);
      pieces.push(piece);
    });
    return join(pieces, length);
  };
  const giveUp = ({ message }: Retryable) => networkError(url, message);
  return withRetries(attempt, policy, () => 0, giveUp, signal);
}

export function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? seconds : undefined;
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
