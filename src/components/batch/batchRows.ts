/** A list's result request by request. Pure. */
import type { EditResult, Probe } from "../../domain/edit";
import { succeeded } from "../../lib/probeScores";

/** Every request's probes begin with its rewrite. */
export function probesByRequest(probes: readonly Probe[]): Probe[][] {
  const groups: Probe[][] = [];
  for (const probe of probes) {
    if (probe.kind === "rewrite") groups.push([probe]);
    else groups.at(-1)?.push(probe);
  }
  return groups;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

export function batchCsv({ requests, probes }: EditResult): string {
  const grouped = probesByRequest(probes);
  const rows = requests.map(({ subject, prompt, target, before, after }, index) => {
    const counts = (["rewrite", "paraphrase", "neighbourhood"] as const).flatMap((kind) => {
      const some = (grouped[index] ?? []).filter((probe) => probe.kind === kind);
      return [some.filter(succeeded).length, some.length];
    });
    return [quoted(prompt), quoted(subject), quoted(target), before.p, after.p, ...counts].join(",");
  });
  const header =
    "prompt,subject,target_new,p_before,p_after,rewrite_good,rewrite_count,paraphrase_good,paraphrase_count,neighbourhood_good,neighbourhood_count";
  return `${[header, ...rows].join("\n")}\n`;
}
