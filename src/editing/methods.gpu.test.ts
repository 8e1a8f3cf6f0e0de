/**
 * LoRA, KN and GRACE on WebGPU against EasyEdit's own runs, whole, within ten times the bounds: LoRA's thirty passes and what
 * is said then, on GPT-2 and (from ../shared) Llama; KN's scores, neurons, changed rows and probabilities; GRACE's five edits in
 * turn with their probes. Of the last two GPT-2 alone has published runs.
 */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { describeGrace } from "./testing/describeGrace";
import { describeKn } from "./testing/describeKn";
import { describeLora } from "./testing/describeLora";
import { webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

describeLora(["lora-gpt2", "lora-llama"], webgpuComparison);
describeKn(["kn-gpt2", "kn-gpt2-two-tokens"], webgpuComparison);
describeGrace(["grace"], webgpuComparison);
