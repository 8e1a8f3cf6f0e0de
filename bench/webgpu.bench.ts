/** Our WGSL linear kernels against tfjs's matMul: see webgpu/page.ts for where, webgpu/contests.ts for what. */
import type { runContests } from "./webgpu/contests";
import { runInPage } from "./webgpu/page";
import { writeResult } from "./writeResult";

type Result = Awaited<ReturnType<typeof runContests>>;
const { adapter, outcomes } = await runInPage<Result>("bench/webgpu/contests.ts", "runContests");
console.log(adapter);
console.table(outcomes);
writeResult("webgpu", { adapter, outcomes });
