import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { contentSecurityPolicy } from "./scripts/contentSecurityPolicy.ts";
import { offline } from "./scripts/offline.ts";
import { ISOLATION } from "./scripts/serve.mjs";
import { sharedFile, preloadPage } from "./scripts/preloadPage.ts";

export default defineConfig(({ command }) => ({
  base: "./",
  plugins: [react(), contentSecurityPolicy(command === "serve"), preloadPage(), offline()],
  server: { headers: ISOLATION },
  worker: { format: "es" },
  // transformers.js asks for ONNX Runtime with WebGPU, twice as large; the encoder runs on its WASM backend.
  resolve: { alias: { "onnxruntime-web/webgpu": "onnxruntime-web/wasm" } },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    outDir: "dist/page",
    rolldownOptions: { output: { codeSplitting: { groups: [sharedFile()] } } },
  },
  optimizeDeps: {
    include: [
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-core/dist/register_all_gradients",
      "@tensorflow/tfjs-backend-wasm",
      "@tensorflow/tfjs-backend-webgpu",
    ],
  },
}));
