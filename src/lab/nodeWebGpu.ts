/** WebGPU in the terminal, through the optional package `webgpu` (Dawn). Node only. */
import { AppError } from "../lib/errors";

type Dawn = { create(flags: string[]): GPU; globals: Record<string, unknown> };

/** Dawn asks the desktop session for this folder and gives up where there is none. */
const RUNTIME_FOLDER = "/tmp";

async function importDawn(): Promise<Dawn> {
  // A name the bundler cannot see: the package is 130 MB and not everybody's.
  const name = "webgpu";
  try {
    return (await import(/* @vite-ignore */ name)) as Dawn;
  } catch {
    throw new AppError(
      "webgpu-unavailable",
      "WebGPU in the terminal needs the package “webgpu”, which is not installed.",
      "Run `npm install --no-save webgpu`, or leave --backend away.",
    );
  }
}

/** Gives Node a `navigator.gpu` as browsers have it. @throws AppError webgpu-unavailable */
export async function provideWebGpu(): Promise<void> {
  const present = (globalThis as { navigator?: { gpu?: GPU } }).navigator;
  if (present?.gpu) return;
  process.env["XDG_RUNTIME_DIR"] ??= RUNTIME_FOLDER;
  const { create, globals } = await importDawn();
  Object.assign(globalThis, globals);
  const navigator = Object.create(present ?? null, { gpu: { value: create([]) } }) as Navigator;
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
}
