/**
 * A model on the hub, as files: the list is asked for once, pinned to a commit, and every read goes to that commit.
 * Small files are fetched whole, weights by ranges. Nothing is sent but addresses and the Range header.
 */
import type { Progress } from "../../domain/progress";
import { AppError } from "../../lib/errors";
import { assertRange, type ByteSource, type ModelFiles } from "../byteSource";
import { httpSource } from "../byteSource/httpSource";
import { readAheadSource } from "../byteSource/readAheadSource";
import { fetchWhole } from "../http/fetchWhole";
import { assertReference, explainStatus, HUGGING_FACE, type HubAccess, type HubReference } from "./hubAccess";
import { listRepository, type HubFile } from "./hubListing";
import { selectFiles } from "./selectFiles";

export type HubContext = {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Another hub, for tests. */
  access?: HubAccess | undefined;
};

export type HubModel = {
  /** With the commit in place of the revision: the same files for ever. */
  ref: string;
  commit: string;
  files: ModelFiles;
  /** SHA-256 of the files whose hash the hub states. */
  hashes: ReadonlyMap<string, string>;
  totalBytes: number;
  licence?: string;
};

/**
 * @throws AppError usage, model-not-found, missing, unsupported, network, cancelled
 */
export async function openHubModel(reference: HubReference, context: HubContext = {}): Promise<HubModel> {
  const { signal, onProgress, access = HUGGING_FACE } = context;
  assertReference(reference);
  onProgress?.({ note: `Looking up ${reference.repository}`, done: 0, total: 0 });
  const listing = await listRepository(reference, access, signal);
  const { repository } = reference;
  const { small, weights } = selectFiles(listing, repository);

  const pinned = { repository, revision: listing.commit };
  const files = new Map<string, ByteSource>([
    ...small.map((file) => [file.name, smallSource(file, pinned, access)] as const),
    ...weights.map((file) => [file.name, weightSource(file, pinned, access)] as const),
  ]);
  const hashes = [...small, ...weights].flatMap(({ name, sha256 }) =>
    sha256 ? [[name, sha256] as const] : [],
  );
  return {
    ref: `hf:${repository}@${listing.commit}`,
    commit: listing.commit,
    files,
    hashes: new Map(hashes),
    totalBytes: [...small, ...weights].reduce((sum, { bytes }) => sum + bytes, 0),
    ...(listing.licence !== undefined && { licence: listing.licence }),
  };
}

const address = ({ name }: HubFile, { repository, revision }: HubReference, { baseUrl }: HubAccess): string =>
  `${baseUrl}/${repository}/resolve/${revision}/${encodeURIComponent(name)}`;

function weightSource(file: HubFile, reference: HubReference, access: HubAccess): ByteSource {
  const { allowedHosts, policy, readAhead } = access;
  const explain = (response: Response) => explainStatus(response, reference);
  const options = { size: file.bytes, allowedHosts, policy, explain };
  return readAheadSource(httpSource(file.name, address(file, reference, access), options), readAhead);
}

/** Fetched at the first read, kept from then on. */
function smallSource(file: HubFile, reference: HubReference, access: HubAccess): ByteSource {
  let content: Uint8Array<ArrayBuffer> | undefined;
  const source: ByteSource = {
    name: file.name,
    size: file.bytes,
    async read(start, end, signal) {
      assertRange(source, start, end);
      content ??= await fetchSmall(file, reference, access, signal);
      return content.subarray(start, end);
    },
  };
  return source;
}

async function fetchSmall(
  file: HubFile,
  reference: HubReference,
  access: HubAccess,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { allowedHosts, policy } = access;
  const explain = (response: Response) => explainStatus(response, reference);
  const url = address(file, reference, access);
  const bytes = await fetchWhole(url, { limit: file.bytes, signal, allowedHosts, policy, explain });
  if (bytes.length === file.bytes) return bytes;
  const message = `${file.name} came with ${bytes.length} bytes instead of the ${file.bytes} the hub states.`;
  throw new AppError("network", message, "Try again.", { file: file.name });
}
