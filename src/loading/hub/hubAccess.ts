/** Where the hub is, whom it may redirect to, and what its refusals mean. */
import { AppError } from "../../lib/errors";
import { quoted } from "../fault";
import { DEFAULT_POLICY, type RetryPolicy } from "../http/attempts";

export type HubAccess = {
  /** Without a slash at the end. */
  baseUrl: string;
  allowedHosts: readonly string[];
  policy: RetryPolicy;
  /** Bytes fetched at a time where less is asked for; 0 for exactly what is asked for. */
  readAhead: number;
  /** Tries for the list of files where something else can serve; as many as for anything else by default. */
  listingTries?: number;
};

/** Files themselves come from storage hosts below hf.co. The page's content security policy says the same. */
export const HUGGING_FACE: HubAccess = {
  baseUrl: "https://huggingface.co",
  allowedHosts: ["huggingface.co", "*.hf.co"],
  policy: DEFAULT_POLICY,
  readAhead: 4 << 20,
};

export type HubReference = { repository: string; revision: string };

/** Neither may hold two dots in a row, which would climb out of the address. */
const REPOSITORY = /^(?!.*\.\.)[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const REVISION = /^(?!.*\.\.)[A-Za-z0-9][\w./-]{0,199}$/;

/** @throws AppError usage, when the reference could mean anything but a repository and a branch, tag or commit */
export function assertReference({ repository, revision }: HubReference): void {
  if (!REPOSITORY.test(repository)) {
    const message = `${quoted(repository)} is not the name of a repository.`;
    throw new AppError("usage", message, "Write hf:owner/name, as in the address of the model's page.");
  }
  if (!REVISION.test(revision)) {
    throw new AppError(
      "usage",
      `${quoted(revision)} is not a revision.`,
      "Use a branch, a tag or a commit hash.",
    );
  }
}

/**
 * What 401, 403 and 404 mean on the hub. It answers 401 for repositories that do not exist, so as not to tell whether
 * a private one does; `X-Error-Code` tells more.
 */
export function explainStatus(
  response: Response,
  { repository, revision }: HubReference,
): AppError | undefined {
  const { status } = response;
  const code = response.headers.get("X-Error-Code");
  const details = { status, repository, revision };
  // A 403 of the storage behind a redirect is an address that expired, and says nothing of the model.
  const isForbidden = status === 403 && code === null && !response.redirected;
  if (code === "GatedRepo" || isForbidden) return gated(repository, details);
  if (code === "RevisionNotFound") {
    const message = `${repository} has no revision ${quoted(revision)}.`;
    return new AppError(
      "model-not-found",
      message,
      "Leave the revision out for the newest version.",
      details,
    );
  }
  if (code === "EntryNotFound") {
    const message = `${repository} no longer has this file at revision ${quoted(revision)}.`;
    return new AppError("model-not-found", message, "Open the model again.", details);
  }
  if (status === 401 || status === 404) {
    const message = `There is no public model ${repository} on the hub.`;
    const remedy =
      "Check the spelling; private models cannot be opened, because no access token is ever asked for.";
    return new AppError("model-not-found", message, remedy, details);
  }
  return undefined;
}

export function gated(repository: string, details: Record<string, unknown> = {}): AppError {
  return new AppError(
    "model-not-found",
    `${repository} is gated: its files are given only to accounts that accepted its terms.`,
    "Download it with your account, then open the folder here; no access token is ever asked for.",
    { repository, gated: true, ...details },
  );
}
