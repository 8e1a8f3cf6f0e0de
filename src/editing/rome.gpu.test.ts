/** ROME on WebGPU against the published code's numbers, within ten times the cases' own bounds. */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { fetchFixture } from "../model/testing/fetchFixture";
import { describeRome } from "./testing/describeRome";
import { ROME_MODELS } from "./testing/romeCases";

beforeAll(async () => void (await webgpuEngine()));

for (const name of ROME_MODELS) describeRome(name, { read: fetchFixture, slack: 10 });
