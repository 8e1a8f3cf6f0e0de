/** Reads tests/fixtures in a browser under test: Vite serves the files. */
const addresses = import.meta.glob<string>(["../../../tests/fixtures/{models,editing,gguf,families}/**/*"], {
  query: "?url",
  import: "default",
  eager: true,
});

/** The bytes of a file under tests/fixtures, by its path there. */
export async function fetchFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const address = addresses[`../../../tests/fixtures/${path}`];
  if (address === undefined) throw new Error(`no fixture ${path}`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
