/** Squares four numbers on WebGPU inside a dedicated worker, where the lab lives; used by device.gpu.test.ts. */
import { startBackend } from "../backend";
import * as ops from "../ops";
import { read, tensor } from "../tensor";

await startBackend("webgpu");
postMessage(await read(ops.square(tensor([1, 2, 3, 4], [2, 2]))));
