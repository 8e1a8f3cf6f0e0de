/** manifest.json of an embedded model: what it is, and the size and hash of each of its files. */
import type { ModelFamily } from "../domain/model";
import { AppError } from "../lib/errors";
import { fault, quoted } from "./fault";
import { isJsonObject, ownValue } from "./json/parseJson";
import { isPlainFileName } from "./safetensors/shardIndex";

export type ManifestFile = { name: string; bytes: number; sha256: string };

export type Manifest = {
  name: string;
  displayName: string;
  description: string;
  licence: string;
  /** Where the model's knowledge comes from, as a sentence. */
  sources: string;
  parameters: number;
  family: ModelFamily;
  layers: number;
  /** `Model.hash` of the weights in these files; where it is absent, it is computed at every load. */
  modelHash?: string;
  files: readonly ManifestFile[];
};

export const MAX_MANIFEST_BYTES = 1 << 20;
export const MANIFEST = "manifest.json";
const MAX_FILES = 100;
const TEXTS = ["name", "displayName", "description", "licence", "sources", "family"] as const;
const COUNTS = ["parameters", "layers"] as const;
const SHA256 = /^[0-9a-f]{64}$/;

/** @throws AppError bad-json, unsafe-reference */
export function parseManifest(json: unknown): Manifest {
  if (!isJsonObject(json)) throw fault("bad-json", MANIFEST, "the manifest is not a JSON object");
  for (const key of TEXTS) {
    if (typeof ownValue(json, key) !== "string") throw fault("bad-json", MANIFEST, `${key} is not a text`);
  }
  for (const key of COUNTS) {
    if (!isCount(ownValue(json, key))) throw fault("bad-json", MANIFEST, `${key} is not a whole number`);
  }
  const modelHash = ownValue(json, "modelHash");
  if (modelHash !== undefined && (typeof modelHash !== "string" || !SHA256.test(modelHash))) {
    throw fault("bad-json", MANIFEST, "modelHash is not a SHA-256");
  }
  const files = ownValue(json, "files");
  if (!Array.isArray(files) || files.length > MAX_FILES) {
    throw fault("bad-json", MANIFEST, `files is not a list of at most ${MAX_FILES}`);
  }
  files.forEach(checkFile);
  return json as unknown as Manifest;
}

function checkFile(file: unknown, index: number): void {
  const field = `files[${index}]`;
  if (!isJsonObject(file)) throw fault("bad-json", MANIFEST, `${field} is not an object`);
  const [name, bytes, sha256] = [file["name"], file["bytes"], file["sha256"]];
  if (typeof name !== "string" || !isPlainFileName(name)) {
    throw fault("unsafe-reference", MANIFEST, `${field}.name is no plain file name`);
  }
  if (!isCount(bytes)) throw fault("bad-json", MANIFEST, `${field}.bytes is not a whole number`);
  if (typeof sha256 !== "string" || !SHA256.test(sha256)) {
    throw fault("bad-json", MANIFEST, `${field}.sha256 is not a SHA-256`);
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Checks a file that was fetched whole against its line of the manifest.
 * @throws AppError network
 */
export async function assertMatches(file: ManifestFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const remedy = "Reload the page; if it happens again, the site is published incompletely.";
  if (bytes.length !== file.bytes) {
    const message = `${quoted(file.name)} has ${bytes.length} bytes instead of the ${file.bytes} its manifest states.`;
    throw new AppError("network", message, remedy, { file: file.name });
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hash !== file.sha256) {
    throw new AppError("network", `${quoted(file.name)} is not the file its manifest describes.`, remedy, {
      file: file.name,
      sha256: hash,
    });
  }
}
