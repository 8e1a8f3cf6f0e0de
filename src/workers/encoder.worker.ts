/**
 * The sentence encoder's own worker: MiniLM by transformers.js on ONNX Runtime's WASM backend. It is fetched when an
 * encoder is first asked for, and shares nothing with the lab's worker but messages. The model comes from the hub and
 * stays in the browser's cache; the runtime is served with the page.
 */
import { env, pipeline, type FeatureExtractionPipeline } from "@huggingface/transformers";
import runtime from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { EncoderApi } from "../domain/encoder";
import { AppError } from "../lib/errors";
import { ENCODER } from "./encoderName";
import type { Endpoint } from "./messages";
import { serve } from "./serve";

/** Texts run together. */
const BATCH = 8;

env.allowLocalModels = false;
const wasm = env.backends.onnx.wasm;
if (wasm) {
  // Without this the library would fetch the runtime from a third party.
  wasm.wasmPaths = { wasm: new URL(runtime, self.location.href).href };
  wasm.numThreads = 1;
  wasm.proxy = false;
}

let opening: Promise<FeatureExtractionPipeline> | undefined;

/** Fetched once; a failure is not kept. */
function openEncoder(onProgress: (done: number, total: number) => void): Promise<FeatureExtractionPipeline> {
  opening ??= pipeline("feature-extraction", ENCODER.repository, {
    revision: ENCODER.revision,
    dtype: "q8",
    device: "wasm",
    progress_callback: (info) => {
      if (info.status === "progress") onProgress(info.loaded, info.total);
    },
  }).catch((error: unknown) => {
    opening = undefined;
    throw new AppError(
      "network",
      `The sentence encoder ${ENCODER.repository} could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
      "Check the connection, or compare by the model's own states (encoder=own).",
    );
  });
  return opening;
}

const api: EncoderApi = {
  async embed({ texts }, { signal, onProgress }) {
    const encoder = await openEncoder((done, total) =>
      onProgress({ note: "Fetching the sentence encoder", done, total }),
    );
    const vectors: Float32Array[] = [];
    for (let first = 0; first < texts.length; first += BATCH) {
      signal.throwIfAborted();
      const batch = texts.slice(first, first + BATCH);
      const output = await encoder([...batch], { pooling: "mean", normalize: true });
      const [rows, width] = output.dims as [number, number];
      const values = output.data as Float32Array;
      for (let row = 0; row < rows; row++) vectors.push(values.slice(row * width, (row + 1) * width));
      output.dispose();
      onProgress({ note: "Comparing texts", done: vectors.length, total: texts.length });
    }
    return { vectors };
  },
};

serve(api as never, self as unknown as Endpoint);
