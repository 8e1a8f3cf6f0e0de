/**
 * MEMIT of 100 facts in one edit on the embedded model, with the lab's defaults, shipped statistics and sampled contexts, WASM
 * on one thread. CPU seconds of this process; the wall clock, which other work on the machine lengthens, is told beside.
 */
import { join } from "node:path";
import { computeEdit } from "../src/editing/computeEdit";
import { sampleContexts } from "../src/editing/contexts";
import { methodNamed } from "../src/editing/methods/methods";
import type { SecondMoment } from "../src/editing/secondMoment";
import { readWith } from "../src/editing/settings/sharedSettings";
import { scoreAnswers } from "../src/evaluation/probes";
import { drawKnown } from "../scripts/measure/factList";
import { openShipped } from "../scripts/measure/openShipped";
import { romeCases } from "../scripts/measure/romeScores";
import { writeResult } from "./writeResult";

const FACTS = Number(process.argv[2] ?? 100);
const signal = new AbortController().signal;

const shipped = await openShipped(join(process.cwd(), "public/models/palimpsest-facts"), process.cwd());
const { model, stack, facts } = shipped;
const requests = romeCases(facts, drawKnown(facts, FACTS, 7), 7).map(({ request }) => request);
const method = methodNamed("MEMIT");
const { settings } = readWith(method.settings, {}, model.config);
const layers = new Map<number, SecondMoment>();
for (const layer of method.statisticsLayers(settings)) {
  for (const [at, moment] of (await shipped.statistics(layer)).layers) layers.set(at, moment);
}
const contexts = await sampleContexts(model, 1, signal, "memit");
const statistics = { modelHash: model.hash, textHash: "", layers };

let done = 0;
const onProgress = ({ note }: { note: string }) => {
  const value = Number(/value (\d+)/.exec(note)?.[1] ?? 0);
  if (value >= done + 10) console.log(`${(done = value)} values, ${process.cpuUsage().user / 1e6} s`);
};
const started = performance.now();
const before = process.cpuUsage();
const { edit } = await computeEdit(
  model,
  { method: "MEMIT", requests, settings: {}, seed: 1 },
  { signal, onProgress, contexts, statistics },
);
const { user, system } = process.cpuUsage(before);
const wall = performance.now() - started;
await stack.add(edit);
const scores = await scoreAnswers(
  model,
  requests.map(({ prompt, subject, targetNew }) => ({
    prompt: prompt.replace("{}", () => subject),
    answer: targetNew,
  })),
);
const figures = {
  facts: requests.length,
  settings,
  seconds: { processor: (user + system) / 1e6, wall: wall / 1000 },
  evaluations: edit.losses.reduce((sum, steps) => sum + steps.length, 0),
  /** Of the new answers afterwards. */
  greedy: scores.filter(({ greedy }) => greedy).length / scores.length,
  meanProbability: scores.reduce((sum, { p }) => sum + p, 0) / scores.length,
};
console.log(JSON.stringify(figures, null, 1));
writeResult("memit", figures);
await stack.clear();
shipped.dispose();
