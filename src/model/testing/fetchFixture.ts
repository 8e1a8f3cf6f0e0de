/**
 * Reads fixtures in a browser under test: Vite serves the files. Those of the editing methods that are too large for the
 * repository lie in ../shared/fixtures on the project's own machines, as for tests on Node (tests/sharedFixtures.ts).
 */
import { expandFixture } from "./expandFixture";

const addresses = import.meta.glob<string>(
  ["../../../tests/fixtures/{models,editing,gguf,families,anyedit,methods}/**/*"],
  {
    query: "?url",
    import: "default",
    eager: true,
  },
);

/** Not eager: each is asked for when a test wants it. */
const sharedAddresses = import.meta.glob<string>(
  [
    "../../../../shared/fixtures/models/tiny-facts-llama/*",
    "../../../../shared/fixtures/{editing,anyedit,methods}/**/*.{json,safetensors}",
  ],
  { query: "?url", import: "default" },
);

const plainOf = (path: string): string => `../../../tests/fixtures/${path}`;
const packedOf = (path: string): string => `${plainOf(path)}.gz`;
const sharedOf = (path: string): string => `../../../../shared/fixtures/${path}`;

/** Whether a file of the fixtures is here. */
export const hasFetchableFixture = (path: string): boolean =>
  plainOf(path) in addresses || packedOf(path) in addresses || sharedOf(path) in sharedAddresses;

/** The bytes of a fixture, by its path below the folder of fixtures. */
export async function fetchFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const plain = addresses[plainOf(path)];
  const packed = plain === undefined ? addresses[packedOf(path)] : undefined;
  const address = plain ?? packed ?? (await sharedAddresses[sharedOf(path)]?.());
  if (address === undefined) throw new Error(`no fixture ${path}`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const bytes = await wholeBytes(response, packed !== undefined);
  return path.endsWith(".safetensors") ? expandFixture(bytes) : bytes;
}

/** A server may send `.gz` as an encoding, which the browser has undone already: the first bytes tell. */
async function wholeBytes(response: Response, isCompressed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!isCompressed || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
