/**
 * A model published with the page: a folder of small files with a manifest. Files are fetched whole, each when it is
 * first read, and checked against the manifest.
 */
import { AppError } from "../lib/errors";
import { assertRange, type ByteSource, type ModelFiles } from "./byteSource";
import { quoted } from "./fault";
import { fetchWhole } from "./http/fetchWhole";
import { parseJson } from "./json/parseJson";
import {
  assertMatches,
  MANIFEST,
  MAX_MANIFEST_BYTES,
  parseManifest,
  type Manifest,
  type ManifestFile,
} from "./manifest";

export type EmbeddedModel = { manifest: Manifest; files: ModelFiles };

/** What every load reads. */
const NEEDED = /^(?:model\.safetensors|config\.json|tokenizer\.json|tokenizer_config\.json|prepared\.json)$/u;

/**
 * @param baseUrl the model's folder, absolute, with a slash at the end
 * @param isToBeLoaded fetches what a load reads at once and not one after the other
 * @throws AppError model-not-found, network, bad-json
 */
export async function openEmbeddedModel(
  baseUrl: string | URL,
  { signal, isToBeLoaded = false }: { signal?: AbortSignal | undefined; isToBeLoaded?: boolean } = {},
): Promise<EmbeddedModel> {
  const bytes = await fetchWhole(new URL(MANIFEST, baseUrl), { limit: MAX_MANIFEST_BYTES, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof AppError) || error.details["status"] !== 404) throw error;
      const name = decodeURIComponent(new URL(baseUrl).pathname.split("/").at(-2) ?? "");
      throw new AppError(
        "model-not-found",
        `There is no embedded model ${quoted(name)}.`,
        "Pick one from the list.",
      );
    },
  );
  const manifest = parseManifest(parseJson(bytes, MANIFEST));
  const files = new Map(
    manifest.files.map((file) => [file.name, fetchedSource(new URL(file.name, baseUrl), file)]),
  );
  // A failure is told when the file is read.
  for (const [name, file] of files) {
    if (isToBeLoaded && NEEDED.test(name)) file.read(0, 0, signal).catch(() => undefined);
  }
  return { manifest, files };
}

/** Fetches the file at the first read and keeps it; a failed fetch is tried again at the next read. */
function fetchedSource(url: URL, file: ManifestFile): ByteSource {
  let content: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const fetchOnce = async (signal?: AbortSignal) => {
    const bytes = await fetchWhole(url, { limit: file.bytes, signal });
    await assertMatches(file, bytes);
    return bytes;
  };
  const source: ByteSource = {
    name: file.name,
    size: file.bytes,
    async read(start, end, signal) {
      assertRange(source, start, end);
      content ??= fetchOnce(signal).catch((error: unknown) => {
        content = undefined;
        throw error;
      });
      return (await content).subarray(start, end);
    },
  };
  return source;
}
