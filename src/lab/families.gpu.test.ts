/** Families × sources on WebGPU, from the same cases as families.golden.test.ts. */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { FAMILIES } from "../model/testing/describeGolden";
import { fetchFixture } from "../model/testing/fetchFixture";
import { describeFamily } from "./testing/describeFamilies";

beforeAll(async () => void (await webgpuEngine()));

for (const family of FAMILIES) describeFamily(family, { read: fetchFixture, backend: "webgpu", bound: 1e-4 });
