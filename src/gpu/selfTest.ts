/**
 * The self-test: every kernel in use against its slow twin, on this very device and driver. CI sees one software
 * adapter; a user's GPU may compile the same text into something else (platform.md 10, item 2). Keeping the verdict,
 * and what follows from a failure, is the lab's.
 */
import type { SelfTestCheck, SelfTestResult } from "../domain/selfTest";
import type { EngineBackend } from "./backend";
import { ARITHMETIC_CASES } from "./cases/arithmeticCases";
import { checkKernel, distance } from "./cases/checkKernel";
import { kernelCases } from "./cases/kernelCases";
import type { KernelCase } from "./cases/kernelCases";
import { activeDriver } from "./driver";
import { read } from "./tensor";

/**
 * Devices round differently (WGSL leaves exp, tanh and division a few units in the last place), so bounds are wider
 * than the tests'; a kernel that is wrong is wrong by orders of magnitude.
 */
const LOOSER_THAN_TESTS = 8;
const ARITHMETIC_BOUND = 1e-6;

/**
 * Checks all kernels of the running backend, and what `ofModel` adds (the embedded model against its stored logits).
 * @throws AppError gpu-error, out-of-memory or device-lost when the device fails altogether
 */
export async function selfTest(
  engine: EngineBackend,
  ofModel: () => Promise<SelfTestCheck[]> = async () => [],
): Promise<Omit<SelfTestResult, "float64">> {
  const start = performance.now();
  const checks: SelfTestCheck[] = [];
  for (const form of activeDriver().kernelForms ?? [{ name: "", choose: () => undefined }]) {
    form.choose();
    const suffix = form.name === "" ? "" : `, ${form.name}`;
    checks.push(...(await Promise.all(selfTestCases().map((kernelCase) => checkOne(kernelCase, suffix)))));
  }
  checks.push(...(await Promise.all(ARITHMETIC_CASES.map(checkArithmetic))));
  checks.push(...(await ofModel()));
  engine.assertHealthy();
  return {
    backend: engine.name,
    adapter: engine.adapter,
    limits: engine.limits,
    checks,
    passed: checks.every(({ passed }) => passed),
    milliseconds: performance.now() - start,
  };
}

/**
 * Names the code whose verdict may be kept: in a built page the address of this chunk, which holds a hash of all it
 * imports. In development every start has another name, so that nothing is kept.
 */
export function kernelsFingerprint(): string {
  const inDevelopment = (import.meta as { env?: { DEV?: boolean } }).env?.DEV === true;
  return inDevelopment ? `development ${performance.timeOrigin}` : import.meta.url;
}

/** Of each kernel in each of its variants the largest case: what sets a variant apart is kinds, flags and absences. */
function selfTestCases(): KernelCase[] {
  const largest = new Map<string, KernelCase>();
  for (const kernelCase of kernelCases((kind) => activeDriver().layout(kind))) {
    const variant = `${kernelCase.spec.name} ${variantOf(kernelCase)}`;
    const known = largest.get(variant);
    if (!known || sizeOf(kernelCase) > sizeOf(known)) largest.set(variant, kernelCase);
  }
  return [...largest.values()];
}

function variantOf({ attrs }: KernelCase): string {
  return Object.values(attrs)
    .map((value) => (typeof value === "number" ? value !== 0 : value))
    .join();
}

function sizeOf({ inputs }: KernelCase): number {
  return Object.values(inputs).reduce((total, { values }) => total + values.length, 0);
}

async function checkOne(kernelCase: KernelCase, suffix: string): Promise<SelfTestCheck> {
  const { error, tolerance } = await checkKernel(kernelCase);
  return judged(`${kernelCase.name}${suffix}`, error, LOOSER_THAN_TESTS * tolerance);
}

async function checkArithmetic({
  name,
  run,
  expected,
}: (typeof ARITHMETIC_CASES)[number]): Promise<SelfTestCheck> {
  const result = run();
  const values = await read(result);
  result.dispose();
  return judged(name, distance(values, Float32Array.from(expected)), ARITHMETIC_BOUND);
}

function judged(name: string, error: number, bound: number): SelfTestCheck {
  return { name, error, bound, passed: error <= bound };
}
