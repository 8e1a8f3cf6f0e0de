/** Every family's stored numbers on WebGPU, from the same cases as forward.golden.test.ts. */
import { beforeAll, describe } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { describeGolden, describeVariants, FAMILIES } from "./testing/describeGolden";

const addresses = import.meta.glob<string>("../../tests/fixtures/models/**/*", {
  query: "?url",
  import: "default",
  eager: true,
});

/** Files of tests/fixtures, served by Vite. */
async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const address = addresses[`../../tests/fixtures/${path}`];
  if (address === undefined) throw new Error(`no fixture ${path}`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

beforeAll(async () => void (await webgpuEngine()));

for (const family of FAMILIES) describeGolden(family, { read, bound: 1e-4 });
describe("variants", () => describeVariants({ read, bound: 1e-4 }));
