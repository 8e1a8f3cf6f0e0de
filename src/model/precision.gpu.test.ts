/** Weights in 16 and 8 bits on WebGPU, from the same cases as precision.golden.test.ts. */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { describePrecision } from "./testing/describePrecision";
import { fetchFixture } from "./testing/fetchFixture";

beforeAll(async () => void (await webgpuEngine()));
describePrecision(fetchFixture);
