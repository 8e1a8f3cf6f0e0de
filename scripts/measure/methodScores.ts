/**
 * Any method on a model's own facts, one at a time or all in one stack: how often the new answer is the likelier one, also
 * in held-out wordings, how often neighbours keep theirs, and how often the new answer is what the model says.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EditMethod, EditRequest, Settings } from "../../src/domain/edit";
import { readCallSettings } from "../../src/editing/computeEdit";
import { probeSides } from "../../src/evaluation/probes";
import { computeInTurn } from "../../src/lab/edit";
import { gatherInputs } from "../../src/lab/editInputs";
import { load, unload } from "../../src/lab/load";
import { nodeEnvironment } from "../../src/lab/nodeEnvironment";
import { loadedModel, type Session } from "../../src/lab/session";
import { drawKnown, type FactList } from "./factList";
import { romeCases } from "./romeScores";

const QUIET = { signal: new AbortController().signal, onProgress: () => undefined };
const SEED = 7;

export type MethodOptions = {
  root: string;
  model: string;
  method: EditMethod;
  settings: readonly Settings[];
  facts: number;
  /** Ask after all edits instead of after each. */
  together: boolean;
  /** Only subjects that mend.py kept from training. */
  held: readonly string[] | undefined;
};

export async function methodScores(options: MethodOptions): Promise<void> {
  const session: Session = { environment: nodeEnvironment({ backend: "wasm" }), engine: undefined, isTested: true, loaded: undefined }; // prettier-ignore
  await load(session, { source: { kind: "embedded", name: options.model } }, QUIET);
  const folder = join(options.root, "public/models", options.model);
  const list = JSON.parse(readFileSync(join(folder, "facts.json"), "utf8")) as FactList;
  const { held } = options;
  const known = drawKnown(list, held ? 100_000 : options.facts, SEED);
  const facts = (held ? known.filter(({ subject }) => held.includes(subject)) : known).slice(
    0,
    options.facts,
  );
  const requests = romeCases(list, facts, SEED).map(({ request }) => request);
  for (const settings of options.settings) {
    const row = await scoresOf(session, options, settings, requests);
    process.stdout.write(`${options.method} ${JSON.stringify(settings)} ${JSON.stringify(row)}\n`);
  }
  await unload(session);
}

async function scoresOf(
  session: Session,
  { method, together }: MethodOptions,
  settings: Settings,
  requests: readonly EditRequest[],
) {
  const state = loadedModel(session);
  const hits: Record<string, boolean[]> = { rewrite: [], greedy: [], paraphrase: [], neighbourhood: [] };
  let seconds = 0;
  for (const part of together ? [requests] : requests.map((request) => [request])) {
    const call = { method, requests: part, settings, seed: 1 };
    const inputs = await gatherInputs(session, call, readCallSettings(call, state.model).settings, QUIET);
    const before = process.cpuUsage();
    const { ids } = await computeInTurn(state, call, inputs, QUIET);
    const { user, system } = process.cpuUsage(before);
    seconds += (user + system) / 1e6;
    for (const request of part) {
      for (const { kind, side } of await probeSides(state.model, request)) {
        const isNew = side.pNew > (side.pTrue ?? 0);
        hits[kind]!.push(kind === "neighbourhood" ? !isNew : isNew);
        if (kind === "rewrite") hits["greedy"]!.push(side.newIsGreedy);
      }
    }
    for (const id of ids.reverse()) await state.stack.remove(id);
  }
  const percent = (values: readonly boolean[]) => Math.round((1000 * values.filter(Boolean).length) / values.length) / 10; // prettier-ignore
  const shares = Object.fromEntries(Object.entries(hits).map(([kind, values]) => [kind, percent(values)]));
  return {
    ...shares,
    edits: requests.length,
    secondsPerEdit: Math.round((100 * seconds) / requests.length) / 100,
  };
}
