/**
 * AnyEdit and UnKE on WebGPU against the AnyEdit repository's own runs, whole, within ten times the bounds: every chunk's
 * state, losses and shift, every layer's change or all steps of the block's training, the answer afterwards. AnyEdit over MEMIT
 * in four chunks, AlphaEdit with one state, UnKE: each on both architectures. The clone holds GPT-2's AlphaEdit and UnKE; the
 * others are ../shared's.
 */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { describeAnyEdit } from "./testing/describeAnyEdit";
import { describeUnke } from "./testing/describeUnke";
import { LONG_MODELS } from "./testing/longCases";
import { webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

for (const name of LONG_MODELS) {
  describeAnyEdit(name, ["03-memit-are-w20", "09-alphaedit-baseline"], webgpuComparison);
  describeUnke(name, ["13-unke-baseline"], webgpuComparison);
}
