/**
 * ROME on WebGPU against the published code's own numbers, with room for a GPU's rounding. One case per model: all of
 * them pass, but take a software GPU minutes; they and the twin of the cached run are rome.golden.test.ts's.
 */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { fetchFixture } from "../model/testing/fetchFixture";
import { describeRome } from "./testing/describeRome";
import { ROME_MODELS } from "./testing/romeCases";

beforeAll(async () => void (await webgpuEngine()));

for (const name of ROME_MODELS) {
  describeRome(name, { read: fetchFixture, slack: 3, cases: ["rome_1_mom2"], twin: false });
}
