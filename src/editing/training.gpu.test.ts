/**
 * Fine-tuning on WebGPU against EasyEdit's own runs, whole, on both architectures within ten times the bounds: losses of
 * every pass, changes, probabilities. FT-M on Llama, and the changes themselves where the clone holds their sizes alone, are
 * ../shared's.
 */
import { beforeAll } from "vitest";
import { webgpuEngine } from "../gpu/cases/webgpuEngine";
import { describeFineTuning } from "./testing/describeFineTuning";
import { webgpuComparison, writeErrorsAfterwards } from "./testing/webgpuComparison";

beforeAll(async () => void (await webgpuEngine()));
writeErrorsAfterwards();

describeFineTuning("tiny-facts2-gpt2", ["ft_l_2_constrained", "ft_m_2_constrained"], webgpuComparison);
describeFineTuning("tiny-facts2-llama", ["ft_l_1_constrained", "ft_m_2_constrained"], webgpuComparison);
