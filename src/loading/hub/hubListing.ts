/** What a repository holds at one commit: the hub's own list of files with sizes and hashes. */
import { AppError } from "../../lib/errors";
import { fault } from "../fault";
import { fetchWhole } from "../http/fetchWhole";
import { isJsonObject, ownValue, parseJson, type JsonObject } from "../json/parseJson";
import { isPlainFileName } from "../safetensors/shardIndex";
import { explainStatus, gated, type HubAccess, type HubReference } from "./hubAccess";

const MAX_LISTING_BYTES = 10 << 20;
const MAX_FILES = 20_000;
const FILE = "The hub's list of files";

export type HubFile = {
  name: string;
  bytes: number;
  /** Known for large files only (those in large file storage). */
  sha256: string | undefined;
};

export type HubListing = {
  /** The commit the revision stood for when asked; every file is taken from it. */
  commit: string;
  licence: string | undefined;
  /** Files directly in the repository, not in folders. */
  files: ReadonlyMap<string, HubFile>;
};

/** @throws AppError model-not-found (unknown, private, gated), network, bad-json */
export async function listRepository(
  reference: HubReference,
  { baseUrl, allowedHosts, policy: usual, listingTries = usual.tries }: HubAccess,
  signal?: AbortSignal,
): Promise<HubListing> {
  const policy = { ...usual, tries: Math.min(usual.tries, listingTries) };
  const revision = encodeURIComponent(reference.revision);
  const url = `${baseUrl}/api/models/${reference.repository}/revision/${revision}?blobs=true`;
  const explain = (response: Response) => explainStatus(response, reference);
  const bytes = await fetchWhole(url, { limit: MAX_LISTING_BYTES, signal, allowedHosts, policy, explain });
  const json = parseJson(bytes, FILE, { duplicates: "keep" });
  if (!isJsonObject(json)) throw fault("bad-json", FILE, "it is not a JSON object");
  const isGated = ownValue(json, "gated") ?? false;
  if (isGated !== false) throw gated(reference.repository);
  const commit = ownValue(json, "sha");
  if (typeof commit !== "string" || !/^[0-9a-f]{40}$/.test(commit)) {
    throw fault("bad-json", FILE, "sha is not a commit");
  }
  return { commit, licence: readLicence(json), files: readFiles(ownValue(json, "siblings")) };
}

function readFiles(siblings: unknown): ReadonlyMap<string, HubFile> {
  if (!Array.isArray(siblings)) throw fault("bad-json", FILE, "siblings is not a list");
  if (siblings.length > MAX_FILES) throw fault("limit", FILE, `siblings names ${siblings.length} files`);
  const files = new Map<string, HubFile>();
  for (const sibling of siblings as unknown[]) {
    if (!isJsonObject(sibling)) throw fault("bad-json", FILE, "siblings holds something that is no file");
    const [name, bytes] = [ownValue(sibling, "rfilename"), ownValue(sibling, "size")];
    // Files in folders and with odd names belong to other formats; nothing of a model we read is called so.
    if (typeof name !== "string" || !isPlainFileName(name)) continue;
    if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) {
      throw new AppError("network", `The hub does not state the size of ${name}.`, "Try again later.", {
        name,
      });
    }
    const large = ownValue(sibling, "lfs");
    const hash = isJsonObject(large) ? ownValue(large, "sha256") : undefined;
    const sha256 = typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
    files.set(name, { name, bytes, sha256 });
  }
  return files;
}

function readLicence(json: JsonObject): string | undefined {
  const card = ownValue(json, "cardData");
  const licence = isJsonObject(card) ? ownValue(card, "license") : undefined;
  return typeof licence === "string" && /^[\w.+-]{1,60}$/.test(licence) ? licence : undefined;
}
