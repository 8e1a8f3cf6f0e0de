/**
 * Computes the sequence of edits that the page shows before there is one of the user's own: the embedded model's own
 * facts by ROME, as "Start" in the Lifelong workspace would write them. Run by makeStoredRun.mjs.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabApi } from "../src/domain/labApi";
import { parseGallery } from "../src/store/gallery";
import type { LifelongRun } from "../src/store/keptRuns";
import { lifelongPlan } from "../src/store/lifelongPlan";
import { createLifelongStore } from "../src/store/lifelongStore";
import { createFreshLab, rounded } from "./storedResults";

const CONTEXT = { signal: new AbortController().signal, onProgress: () => undefined };

/** A curve reaches its end within these. */
const FACTS = 100;
const EVERY = 5;

/** As the page's client calls a lab: without more than the request, where nothing is watched. */
const asClient = (lab: LabApi): Parameters<typeof createLifelongStore>[0] => ({
  continueLifelong: (request, options) => lab.continueLifelong(request, { ...CONTEXT, ...options }),
  useFirstEdits: (request) => lab.useFirstEdits(request, CONTEXT),
  keepFirstEdits: (request) => lab.keepFirstEdits(request, CONTEXT),
  stack: (request) => lab.stack(request, CONTEXT),
});

/** Only what is drawn and said of it: the points, and how many requests there were. */
const shown = ({ requests, ...run }: LifelongRun): LifelongRun => ({
  ...run,
  id: "stored",
  requests: requests.map(({ prompt, subject, targetNew }) => ({
    ...{ prompt, subject, targetNew },
    ...{ paraphrases: [], neighbours: [] },
  })),
  untouched: [],
});

export async function makeStoredRun(root: string): Promise<void> {
  const folder = join(root, "public/examples");
  const gallery = parseGallery(JSON.parse(await readFile(join(folder, "gallery.json"), "utf8")));
  if (!gallery) throw new Error("gallery.json is no gallery");
  const lab = createFreshLab();
  const name = gallery.model.replace(/^embedded:/u, "");
  const model = await lab.load({ source: { kind: "embedded", name } }, CONTEXT);
  const { facts } = await lab.knownFacts({ list: "own" }, CONTEXT);
  const store = createLifelongStore(asClient(lab), undefined);
  store.getState().setForm({ method: "ROME", every: EVERY, batch: 1 });
  store.subscribe(({ runs }) => process.stderr.write(`${runs[0]?.points.at(-1)?.edits ?? 0} edits\n`));
  const plan = { ...lifelongPlan(facts, FACTS), leftOut: [] };
  await store.getState().start(plan, { model, list: "known facts", settings: {} }, () => undefined);
  const [run] = store.getState().runs;
  if (run?.points.at(-1)?.edits !== FACTS)
    throw new Error(`ended early: ${JSON.stringify(run?.fault ?? null)}`);
  await writeFile(join(folder, "lifelong.json"), `${JSON.stringify(rounded(shown(run)))}\n`);
}
