/** How a model is called on the page. Pure. */

/** `embedded:x` → x, `hf:owner/name@rev` → owner/name, a path or file name → its last part without `.gguf`. */
export function modelName(ref: string): string {
  const bare = ref.replace(/^(embedded|hf):/u, "").replace(/@[^@]*$/u, "");
  if (ref.startsWith("hf:")) return bare;
  return (bare.split(/[\\/]/u).at(-1) ?? bare).replace(/\.gguf$/iu, "");
}

export const BACKEND_NAMES = { webgpu: "WebGPU", wasm: "WASM", cpu: "CPU" } as const;

/** `owner/name` or `owner/name@revision` of the hub; undefined when it is none. */
export function parseHubName(text: string): { repository: string; revision: string } | undefined {
  const match = /^(?:https:\/\/huggingface\.co\/)?([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?\/?$/u.exec(text.trim());
  const repository = match?.[1];
  return repository === undefined ? undefined : { repository, revision: match?.[2] ?? "main" };
}
