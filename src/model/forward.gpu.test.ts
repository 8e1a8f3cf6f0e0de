/** Every family's stored numbers on WebGPU, from the same cases as forward.golden.test.ts. */
import { beforeAll, describe } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { describeGolden, describeVariants, FAMILIES } from "./testing/describeGolden";
import { fetchFixture } from "./testing/fetchFixture";

beforeAll(async () => void (await webgpuEngine()));

for (const family of FAMILIES) describeGolden(family, { read: fetchFixture, bound: 1e-4 });
describe("variants", () => describeVariants({ read: fetchFixture, bound: 1e-4 }));
