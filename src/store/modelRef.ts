/** How a model is named: in a link, in a list, by a user who types. Pure. */
import type { ModelSource } from "../domain/model";

/** `embedded:x` → x, `hf:owner/name@rev` → owner/name, a path or file name → its last part without `.gguf`. */
export function modelName(ref: string): string {
  const bare = ref.replace(/^(embedded|hf):/u, "").replace(/@[^@]*$/u, "");
  if (ref.startsWith("hf:")) return bare;
  return (bare.split(/[\\/]/u).at(-1) ?? bare).replace(/\.gguf$/iu, "");
}

/** `owner/name` or `owner/name@revision` of the hub, also as the address of its page; undefined when it is none. */
export function parseHubName(text: string): { repository: string; revision: string } | undefined {
  const bare = text.trim().replace(/^(hf:|(https:\/\/)?huggingface\.co\/)/u, "");
  const match = /^([\w.-]+\/[\w.-]+)(?:(?:@|\/tree\/)([\w./-]+?))?\/?$/u.exec(bare);
  const repository = match?.[1];
  return repository === undefined ? undefined : { repository, revision: match?.[2] ?? "main" };
}

/** The source a reference stands for; undefined for files, which only the user can give again. */
export function sourceOf(ref: string): ModelSource | undefined {
  if (/^embedded:[\w.-]+$/u.test(ref)) return { kind: "embedded", name: ref.slice("embedded:".length) };
  const hub = ref.startsWith("hf:") ? parseHubName(ref) : undefined;
  return hub === undefined ? undefined : { kind: "hub", ...hub };
}
