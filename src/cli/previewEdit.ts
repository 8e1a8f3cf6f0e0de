/** `edit --preview FACTS`: what an edit would disturb, fact by fact, before it is made. */
import { basename } from "node:path";
import type { EditCall } from "../domain/edit";
import type { Fact, InterferencePreview, LayerPreview } from "../domain/superposition";
import { readFacts } from "../lib/facts/readFacts";
import type { Command } from "./command";
import { namedFaults } from "./namedFaults";
import { readInput } from "./openModel";
import { printable, table } from "./table";

/** Facts shown in the terminal; --json has them all. */
const MOST_SHOWN = 20;

export async function preview(
  call: EditCall,
  path: string,
  { lab, call: context }: Parameters<Command["run"]>[1],
): Promise<{ json: unknown; text: string }> {
  const facts = readFacts(new TextDecoder().decode(await readInput(path)), basename(path));
  const result = await lab.previewInterference({ call, facts }, context);
  const layers = result.layers.map((layer) => ({
    ...layer,
    coefficients: rowsOf(layer, result.kept.length),
    strength: [...layer.strength],
  }));
  return { json: { ...result, layers }, text: asText(call, result, facts) };
}

const rowsOf = ({ coefficients }: LayerPreview, facts: number): number[][] =>
  Array.from({ length: coefficients.length / facts }, (_, row) => [
    ...coefficients.subarray(row * facts, (row + 1) * facts),
  ]);

function asText(call: EditCall, result: InterferencePreview, facts: readonly Fact[]): string {
  const { kept, chunks, layers, warnings, skipped } = result;
  const parts = layers.map((layer) => {
    const ranked = [...kept.keys()].sort((a, b) => layer.strength[b]! - layer.strength[a]!);
    const rows = ranked.slice(0, MOST_SHOWN).map((at) => {
      const { prompt, subject } = facts[kept[at]!]!;
      return [
        printable(prompt.replace("{}", () => subject)),
        ...strongest(call, layer, at, kept.length, chunks),
      ];
    });
    const note = layer.exact ? "" : " (keys here will have moved)";
    return `Layer ${layer.layer}${note}\n${table(["fact", "in all", "most from", "share"], rows)}`;
  });
  const faults = namedFaults({ skipped }, facts);
  const left = faults.length > 0 ? [faults.join("\n")] : [];
  return [...warnings.map((warning) => `Warning: ${warning}`), ...left, ...parts].join("\n\n");
}

/** Strength at one fact, and the request or chunk that most of it comes from. */
function strongest(
  call: EditCall,
  { coefficients, strength }: LayerPreview,
  fact: number,
  facts: number,
  chunks: InterferencePreview["chunks"],
): string[] {
  const shares = Array.from({ length: coefficients.length / facts }, (_, row) => coefficients[row * facts + fact]!); // prettier-ignore
  const row = shares.reduce((best, share, at) => (Math.abs(share) > Math.abs(shares[best]!) ? at : best), 0);
  const name = chunks ? `“${chunks[row]!.text.trim()}”` : call.requests[row]!.subject;
  return [strength[fact]!.toFixed(3), printable(name), shares[row]!.toFixed(3)];
}
