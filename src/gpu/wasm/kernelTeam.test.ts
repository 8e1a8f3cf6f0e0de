/** Kernels on several threads: their twins, the same bits as one thread, and threads that fail. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../backend";
import { activeDriver } from "../driver";
import { memory } from "../tensor";
import { testAgainstTwins } from "../testing/testAgainstTwins";
import { KernelTeam, type Cut, type StartThread } from "./kernelTeam";
import type { KernelExports } from "./kernelModule";
import { CONTROL, type ThreadStart } from "./kernelThread";
import { readWasmFiles } from "./nodeFiles";
import { withSharedMemory } from "./sharedMemory";

const THREADS = 3;
const files = await readWasmFiles(process.cwd(), { relaxed: false, threads: THREADS });

describe("the backend with threads", () => {
  let backend: EngineBackend;
  beforeAll(async () => {
    backend = await startBackend("wasm", { wasmFiles: files });
    activeDriver().kernelForms![0]!.choose();
  });
  afterAll(() => {
    expect(memory().tensors).toBe(0);
    backend.dispose();
  });

  test("says so", () => {
    expect(backend.adapter).toBe("WebAssembly, 3 threads, SIMD");
    expect(backend.limits["threads"]).toBe(THREADS);
  });

  testAgainstTwins();
});

/** A memory of its own with a linear map in it, 300 columns so that the last panel is not full. */
const ROWS = 37;
const IN = 64;
const OUT = 300;
const AT = { x: 1024, weight: 65_536, y: 400_000, scratch: 800_000 };
const VALUES = [AT.x, AT.weight, 0, AT.y, ROWS, IN, OUT, 4 * OUT];
const CUT: Cut = { units: OUT, multiple: 8, work: 1e9, unitsAt: 6, steps: { 1: 4 * IN, 3: 4 } };
const GRADIENT_VALUES = [AT.x, AT.weight, AT.y, 7, 2 * IN, 96, 32 * 2 * IN, 4 * 2 * IN, AT.scratch];

async function setUp() {
  const shared = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true });
  const bytes = withSharedMemory(files.kernels as Uint8Array);
  const module = await WebAssembly.compile(bytes);
  const instance = await WebAssembly.instantiate(module, { env: { memory: shared, log: Math.log } });
  const kernels = instance.exports as unknown as KernelExports;
  const floats = new Float32Array(shared.buffer);
  for (let i = 0; i < floats.length; i++) floats[i] = Math.sin(i);
  const result = (count: number) => floats.slice(AT.y / 4, AT.y / 4 + count);
  const crewOf = (startThread: StartThread) => ({ module, memory: shared, threads: THREADS, startThread });
  return { kernels, crewOf, result };
}

describe("a team", () => {
  test("computes the same bits as one thread, and its threads take part", async () => {
    const { kernels, crewOf, result } = await setUp();
    const alone = new KernelTeam(kernels);
    const team = new KernelTeam(kernels, crewOf(files.threads!.startThread));
    alone.run("linear", VALUES);
    const expected = result(ROWS * OUT);
    const gradientCut = {
      ...{ units: 2 * IN, multiple: 32, work: 1e9, unitsAt: 4, steps: { 1: 32, 2: 4 } },
      scratch: { at: 8, bytes: 4 * kernels.linearInputGradientScratch() },
    };
    const deadline = performance.now() + 30_000;
    while (team.helped === 0 && performance.now() < deadline) {
      team.run("linear", VALUES, CUT);
      expect(result(ROWS * OUT)).toEqual(expected);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(team.helped).toBeGreaterThan(0);
    alone.run("linearInputGradient", GRADIENT_VALUES);
    const gradient = result(7 * 2 * IN);
    for (let run = 0; run < 200; run++) {
      team.run("linearInputGradient", GRADIENT_VALUES, gradientCut);
      expect(result(7 * 2 * IN)).toEqual(gradient);
    }
    team.stop();
  });

  test("computes everything itself while nobody comes", async () => {
    const { kernels, crewOf, result } = await setUp();
    new KernelTeam(kernels).run("linear", VALUES);
    const expected = result(ROWS * OUT);
    const team = new KernelTeam(
      kernels,
      crewOf(() => ({ stop: () => undefined })),
    );
    team.run("linear", VALUES, CUT);
    expect(result(ROWS * OUT)).toEqual(expected);
    expect(team.helped).toBe(0);
  });

  test("gives no result that a failed thread took part in", async () => {
    const { kernels, crewOf } = await setUp();
    const starts: ThreadStart[] = [];
    const team = new KernelTeam(
      kernels,
      crewOf((start) => {
        starts.push(start);
        return { stop: () => undefined };
      }),
    );
    Atomics.store(starts[0]!.control, CONTROL.failed, 1);
    expect(() => team.run("linear", VALUES, CUT)).toThrow(
      expect.objectContaining({ code: "device-lost", message: expect.stringMatching(/thread/) as string }),
    );
  });
});

describe("withSharedMemory", () => {
  test("changes the declaration of the memory and nothing else", async () => {
    for (const bytes of [files.tfjs, files.kernels, files.kernelsRelaxed] as Uint8Array[]) {
      const shared = withSharedMemory(bytes);
      expect(WebAssembly.validate(shared)).toBe(true);
      expect(Buffer.compare(shared.subarray(-20_000), bytes.subarray(-20_000))).toBe(0);
      expect(Buffer.compare(withSharedMemory(shared), shared)).toBe(0);
    }
  });

  test("refuses a module without a memory", () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(() => withSharedMemory(empty)).toThrow(/one memory/);
  });
});
