/** What can go wrong between here and a server, as errors the user can act on. */
import { AppError } from "../../lib/errors";
import { quoted } from "../fault";

/** Trying the same request again may help. */
export class Retryable extends Error {
  /** Seconds the server asked to wait. */
  readonly waitSeconds: number | undefined;
  constructor(message: string, waitSeconds?: number) {
    super(message);
    this.waitSeconds = waitSeconds;
  }
}

export function networkError(
  url: string | URL,
  what: string,
  details: Record<string, unknown> = {},
): AppError {
  const { host, pathname } = new URL(url);
  const file = pathname.split("/").at(-1) || pathname;
  const message = `${quoted(file)} could not be fetched from ${host}: ${what}.`;
  return new AppError("network", message, "Check the connection and try again.", { host, file, ...details });
}

const CANCELLED = "Loading was cancelled.";
export const cancelled = (): AppError => new AppError("cancelled", CANCELLED);

/** Statuses that pass: too many requests, and the server's own troubles. */
export const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** `*.hf.co` allows every host below hf.co. Anything but https is allowed only for hosts named with their port. */
export function isAllowed(url: string, allowedHosts: readonly string[]): boolean {
  const { protocol, hostname, host } = new URL(url);
  return allowedHosts.some((allowed) => {
    if (allowed.includes(":")) return host === allowed;
    if (protocol !== "https:") return false;
    return allowed.startsWith("*.") ? hostname.endsWith(allowed.slice(1)) : hostname === allowed;
  });
}
