/** A helping thread of the wasm engine in the browser; Node starts its own (nodeFiles.ts). */
import { serveJobs, takePieces, type ThreadStart } from "./kernelThread";

self.addEventListener("message", ({ data }: MessageEvent<ThreadStart>) => serveJobs(data, takePieces(data)), {
  once: true,
});
