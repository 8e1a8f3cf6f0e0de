/**
 * A file on a server, read by ranges. Only the Range header is sent; the answer must be exactly the range asked for,
 * from a host that is allowed. A broken or silent connection is taken up again where it stopped.
 */
import type { AppError } from "../../lib/errors";
import { assertRange, type ByteSource } from "../byteSource";
import { DEFAULT_POLICY, withRetries, type RetryPolicy } from "../http/attempts";
import { exchange } from "../http/exchange";
import { retryAfter } from "../http/fetchWhole";
import { isPassing, networkError, Retryable } from "../http/networkError";

export type HttpSourceOptions = {
  /** Size in bytes, known from a manifest or the hub's list; an answer that contradicts it is refused. */
  size: number;
  allowedHosts: readonly string[];
  policy?: RetryPolicy | undefined;
  /** Turns a status into a better error; return undefined for the ordinary one. */
  explain?: ((response: Response) => AppError | undefined) | undefined;
};

/** A signed address may have expired on the way; asking again gets a fresh one. */
const RETRIES_ON_403 = 2;

/** @throws AppError network, cancelled, truncated (range outside the file), or what `explain` returns */
export function httpSource(name: string, url: string | URL, options: HttpSourceOptions): ByteSource {
  const source: ByteSource = {
    name,
    size: options.size,
    async read(start, end, signal) {
      assertRange(source, start, end);
      return start === end ? new Uint8Array(0) : readRange(url, start, end, options, signal);
    },
  };
  return source;
}

async function readRange(
  url: string | URL,
  start: number,
  end: number,
  { size, allowedHosts, policy = DEFAULT_POLICY, explain }: HttpSourceOptions,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  let [filled, forbidden] = [0, 0];
  const attempt = async () => {
    const range = { start: start + filled, end };
    const { response, pour, close } = await exchange(url, {
      signal,
      stall: policy.stall,
      allowedHosts,
      range,
    });
    const refusal = judge(response, url, range, size);
    if (refusal) {
      close();
      if (response.status === 403 && forbidden++ < RETRIES_ON_403) throw new Retryable("status 403");
      throw refusal instanceof Retryable ? refusal : (explain?.(response) ?? refusal);
    }
    await pour((piece) => {
      if (piece.length > bytes.length - filled)
        throw networkError(url, "the server sent more than was asked for");
      bytes.set(piece, filled);
      filled += piece.length;
    });
    if (filled < bytes.length)
      throw new Retryable(`the connection ended after ${filled} of ${bytes.length} bytes`);
    return bytes;
  };
  const giveUp = ({ message }: Retryable) => networkError(url, message);
  return withRetries(attempt, policy, () => filled, giveUp, signal);
}

/** The reason not to read the body, if there is one. */
function judge(
  response: Response,
  url: string | URL,
  { start, end }: { start: number; end: number },
  size: number,
): Error | undefined {
  const { status } = response;
  if (isPassing(status)) return new Retryable(`status ${status}`, retryAfter(response));
  if (status === 200) {
    if (start === 0 && end === size) return undefined;
    return networkError(url, "the server ignores range requests and sends the whole file", { status });
  }
  if (status !== 206) return networkError(url, `the server answered ${status}`, { status });
  const stated = response.headers.get("Content-Range");
  // A server of another origin may hide the header from the page; the length still has to fit.
  if (stated === null && response.type === "cors") return undefined;
  const parts = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(stated ?? "");
  const fits =
    parts !== null &&
    Number(parts[1]) === start &&
    Number(parts[2]) === end - 1 &&
    (parts[3] === "*" || Number(parts[3]) === size);
  if (fits) return undefined;
  const wanted = `bytes ${start}-${end - 1}/${size}`;
  return networkError(
    url,
    `the server sent another range (${stated ?? "none stated"}) than asked for (${wanted})`,
  );
}
