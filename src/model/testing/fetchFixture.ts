/** Reads tests/fixtures in a browser under test: Vite serves the files. */
import { expandFixture } from "./expandFixture";

const addresses = import.meta.glob<string>(
  ["../../../tests/fixtures/{models,editing,gguf,families,anyedit,methods}/**/*"],
  {
    query: "?url",
    import: "default",
    eager: true,
  },
);

/** The bytes of a file under tests/fixtures, by its path there. */
export async function fetchFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const plain = addresses[`../../../tests/fixtures/${path}`];
  const address = plain ?? addresses[`../../../tests/fixtures/${path}.gz`];
  if (address === undefined) throw new Error(`no fixture ${path}`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const bytes = await wholeBytes(response, plain === undefined);
  return path.endsWith(".safetensors") ? expandFixture(bytes) : bytes;
}

/** A server may send `.gz` as an encoding, which the browser has undone already: the first bytes tell. */
async function wholeBytes(response: Response, isCompressed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!isCompressed || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
