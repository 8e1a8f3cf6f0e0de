/** Damaged edit files, statistics, requests, addresses and stored pages: taken whole and finite, or refused. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { Codebook, SideMemory } from "../../src/domain/edit";
import { readEditFile, writeEditFile } from "../../src/editing/editFile";
import type { StackedEdit } from "../../src/editing/stack";
import { readStatistics, writePackedStatistics, writeStatistics } from "../../src/editing/statisticsFile";
import {
  FILE_BIAS as BIAS,
  FILE_MODEL as MODEL,
  FILE_WEIGHT as WEIGHT,
  fileWeights as weights,
} from "../../src/editing/testing/tinyFileModel";
import { digestEdit } from "../../src/editing/weightUpdates";
import { BENCHMARKS } from "../../src/domain/benchmark";
import { packEntries } from "../../src/lib/packedEntries";
import { recogniseRequests } from "../../src/lib/requests/readBenchmark";
import { readRequests } from "../../src/lib/requests/readRequests";
import { readFacts } from "../../src/lib/facts/readFacts";
import { encodeSafetensors } from "../../src/loading/safetensors/encodeSafetensors";
import { mutateBytes, mutateJson, type Random } from "../../src/loading/testing/mutate";
import type { ModelConfig } from "../../src/model/config";
import { fromLink, recollect, toLink, type Remembered } from "../../src/store/memory";
import { mutateValue, HOSTILE_TEXTS } from "./mutateValue";
import { FUZZ_TIMEOUT, runCases } from "./runCases";

const values = (length: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, index) => Math.sin(index + 1));

const KEPT = { layer: 1, count: 2, width: 4, values: values(8) };

const CODEBOOK: Codebook = {
  weight: WEIGHT,
  in: 4,
  out: 3,
  entries: [
    { key: values(4), value: values(3), radius: 1, label: { answer: [1, 2], promptLength: 3 } },
    { key: values(8).slice(4), value: values(3), radius: 0.5, label: { answer: [9], promptLength: 4 } },
  ],
};

const SIDE_MEMORY: SideMemory = {
  weight: WEIGHT,
  in: 4,
  out: 3,
  activation: "silu",
  routing: "token",
  actRatio: 0.8,
  facts: 3,
  maskSeed: 1,
  open: {
    entries: packEntries(Float32Array.from({ length: 12 }, (_, at) => (at < 3 ? at + 1 : 0))),
    closest: 1,
  },
  closed: [{ entries: packEntries(values(12)), closest: 2 }],
};

async function sampleEdit(): Promise<StackedEdit> {
  const updates = [
    { kind: "lowRank" as const, weight: WEIGHT, out: 3, in: 4, rank: 1, u: values(3), v: values(4) },
    { kind: "dense" as const, weight: WEIGHT, out: 3, in: 4, values: values(12) },
  ];
  const request = {
    prompt: "{} is in",
    subject: "France",
    targetNew: "Rome",
    targetTrue: "Europe",
    paraphrases: ["So, {}"],
    neighbours: [{ prompt: "Spain is in", target: "Europe" }],
  };
  const step = { step: 0, total: 1, nll: 1, kl: 0, decay: 0, deltaNorm: 0, targetProbability: 0.1 };
  return {
    id: "edit-1",
    name: "France → Rome",
    method: "ROME",
    settings: { layer: 1, factToken: "subject_last", useSecondMoment: true },
    requests: [request],
    updates,
    losses: [[step]],
    base: { modelHash: MODEL.hash, below: [] },
    seed: 1,
    statisticsHash: "",
    contexts: ["{}"],
    created: "2026-01-01T00:00:00.000Z",
    enabled: true,
    keptKeys: [KEPT],
    codebook: CODEBOOK,
    sideMemory: SIDE_MEMORY,
    digest: await digestEdit({ updates, keptKeys: [KEPT], codebook: CODEBOOK, sideMemory: SIDE_MEMORY }),
  };
}

/** What a careful attacker writes: sizes, layers and names that are wrong for the model, in a file that is whole. */
async function forgedFile(random: Random): Promise<Uint8Array<ArrayBuffer>> {
  const edit = await sampleEdit();
  const [rows, columns, rank] = [random.pick([3, 3, 4, 1]), random.pick([4, 4, 3]), random.pick([1, 2, 5])];
  const weight = random.pick([WEIGHT, WEIGHT, "blocks.0.mlpOut", "__proto__", "constructor"]);
  const size = random.pick([1, 1, NaN, Infinity, 3e38]);
  const scaled = (length: number) => values(length).map((value) => value * size);
  const [u, v] = [scaled(rows * rank), scaled(columns * rank)];
  const update = { kind: "lowRank" as const, weight, out: rows, in: columns, rank, u, v };
  const [count, width] = [random.pick([1, 2]), random.pick([4, 4, 4, 3, 400])];
  const kept = { layer: random.pick([0, 1, 1, 2, 99_999]), count, width, values: scaled(count * width) };
  const codebookWeight = random.pick([WEIGHT, WEIGHT, BIAS, "__proto__"]);
  const keyWidth = codebookWeight === BIAS ? 1 : 4;
  const label = { answer: [random.pick([0, 9, 9, 10, 2 ** 31])], promptLength: 1 };
  const entry = { key: scaled(keyWidth), value: values(3), radius: random.pick([1, 0, -1, size]), label };
  const entries = Array.from({ length: random.pick([2, 2, 0, 1, 3]) }, () => entry);
  const codebook = { ...CODEBOOK, weight: codebookWeight, in: keyWidth, entries };
  const mask = random.pick([
    undefined,
    Int32Array.of(7),
    Int32Array.of(7),
    Int32Array.of(-1),
    Int32Array.of(7, 7),
  ]);
  const shardEntries = { length: 12, ...(mask ? { mask, values: scaled(3) } : { values: scaled(12) }) };
  const shard = { entries: shardEntries, closest: random.pick([1, 1, -1, 3e38]) };
  const closed = random.pick([[], [shard], [shard, shard]]);
  const sideMemory = { ...SIDE_MEMORY, closed, weight: random.pick([WEIGHT, WEIGHT, BIAS, "constructor"]) };
  const changed = { updates: [update], keptKeys: [kept], codebook, sideMemory };
  return writeEditFile([{ ...edit, ...changed, digest: await digestEdit(changed) }], MODEL);
}

/** Numbers are finite, objects are plain: nothing that the file could have given a life of its own. */
function assertPlain(value: unknown, path = "it"): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${path} is ${value}`);
  if (ArrayBuffer.isView(value)) {
    if (!(value as Float32Array).every(Number.isFinite)) throw new Error(`${path} is not finite`);
  } else if (typeof value === "object" && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== Array.prototype)
      throw new Error(`${path}: strange prototype`);
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key !== "string" || key === "__proto__") throw new Error(`${path} has a key ${String(key)}`);
      assertPlain((value as Record<string, unknown>)[key], `${path}.${key}`);
    }
  }
}

/** A safetensors file in parts: its header to be damaged, its numbers beside it. */
function partsOf(file: Uint8Array<ArrayBuffer>): {
  header: Record<string, unknown>;
  data: Uint8Array;
  length: number;
} {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    unknown
  >;
  return { header, data: file.subarray(8 + length), length: 8 + length };
}

function joined(headerText: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(headerText);
  const file = new Uint8Array(8 + header.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  file.set(data, 8 + header.length);
  return file;
}

type Metadata = { __metadata__: Record<string, string> };

/** Damage to the bytes, to the header, or to the document inside the header's metadata. */
function damaged(file: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const { header, data, length } = partsOf(file);
  const kind = random.below(6);
  if (kind === 0) return mutateBytes(file, length, random);
  if (kind === 1) return joined(mutateValue(header, random), data);
  const { __metadata__: metadata } = header as Metadata;
  const text = metadata["palimpsest"]!;
  const palimpsest = kind < 5 ? mutateValue(JSON.parse(text), random) : mutateJson(text, random);
  return joined(JSON.stringify({ ...header, __metadata__: { ...metadata, palimpsest } }), data);
}

describe("damaged documents", { timeout: FUZZ_TIMEOUT }, () => {
  test("edit files", async () => {
    const file = writeEditFile(
      [await sampleEdit(), { ...(await sampleEdit()), id: "edit-2", enabled: false }],
      MODEL,
    );
    const open = (bytes: Uint8Array<ArrayBuffer>) =>
      readEditFile(bytes, { fileName: "f.palimpsest", model: MODEL, weights, acceptOtherRevision: true });
    await runCases({ kind: 16, share: 7 }, async (random) => {
      const edits = await open(random.below(4) ? damaged(file, random) : await forgedFile(random));
      edits.forEach((edit) => assertPlain(edit));
      for (const { updates, keptKeys = [], codebook } of edits) {
        if (codebook) {
          expect(codebook.weight).toBe(WEIGHT);
          for (const { key, value, label } of codebook.entries) {
            expect([key.length, value.length]).toEqual([4, 3]);
            expect(label.answer.every((id) => id < MODEL.vocabulary)).toBe(true);
          }
        }
        for (const { layer, count, width, values: keys } of keptKeys) {
          expect([layer < MODEL.layers, width, keys.length]).toEqual([true, MODEL.mlpWidth, count * width]);
        }
        for (const update of updates) expect([update.weight, update.out, update.in]).toEqual([WEIGHT, 3, 4]);
      }
      // What was taken can be kept and opened again, bit for bit.
      const again = writeEditFile(edits, MODEL);
      expect(writeEditFile(await open(again), MODEL)).toEqual(again);
    });
  });

  test("statistics", async () => {
    const width = MODEL.mlpWidth;
    const moment = {
      width,
      values: Float64Array.from(values(width * width)),
      tokens: 9,
      convergence: [{ tokens: 9, change: 0.1 }],
    };
    const layers = new Map([[0, moment], [1, moment]]); // prettier-ignore
    const file = writeStatistics({ modelHash: MODEL.hash, textHash: "b".repeat(64), layers });
    const model = {
      hash: MODEL.hash,
      baseHash: MODEL.hash,
      config: { layers: 2, mlpWidth: width } as ModelConfig,
    };
    const bare = encodeSafetensors(
      new Map([["C.1", { dtype: "F32", shape: [width, width], bytes: new Uint8Array(4 * width * width) }]]),
    );
    // A second moment that can be factored, for the kind in half precision.
    const c = Float64Array.from({ length: width * width }, (_, at) => (at % (width + 1) === 0 ? 2 : 0.5));
    const whole = new Map([[1, { ...moment, values: c }]]);
    const packed = await writePackedStatistics(
      { modelHash: MODEL.hash, textHash: "b".repeat(64), layers: whole },
      1,
    );
    await runCases({ kind: 17, share: 5 }, async (random) => {
      const original = random.pick([file, packed, bare]);
      const bytes = original === bare ? mutateBytes(bare, bare.length, random) : damaged(original, random);
      const statistics = await readStatistics(bytes, "stats.safetensors", model);
      for (const [layer, { values: c, tokens, convergence }] of statistics.layers) {
        expect(layer === 0 || layer === 1).toBe(true);
        assertPlain([c, tokens, convergence]);
        for (let i = 0; i < width; i++)
          for (let j = 0; j < i; j++) expect(c[i * width + j]).toBe(c[j * width + i]);
      }
    });
  });

  test("requests", async () => {
    const path = resolve(import.meta.dirname, "../fixtures/editing/requests.json");
    const { requests } = JSON.parse(readFileSync(path, "utf8")) as { requests: unknown[] };
    const list = requests.slice(0, 3);
    const counterFact = {
      case_id: 1,
      requested_rewrite: {
        prompt: "{} is in",
        subject: "Paris",
        target_new: { str: "Rome", id: "Q1" },
        target_true: { str: "France" },
      },
      paraphrase_prompts: ["So, Paris is in"],
      neighborhood_prompts: ["Lyon is in"],
    };
    const long = {
      id: 0,
      question: "Who was it?",
      answer: "A long story.",
      para_question: "Who?",
      category: "x",
    };
    const originals = [...list, long, counterFact, [counterFact, counterFact], { requests: [counterFact] }];
    await runCases({ kind: 18, share: 5 }, (random) => {
      const original = random.pick(originals);
      const text = random.below(4)
        ? mutateValue(original, random)
        : mutateJson(JSON.stringify(original), random);
      for (const request of readRequests(text, "requests.json")) {
        assertPlain(request);
        expect(request.prompt.split("{}")).toHaveLength(2);
        const texts = [
          request.subject,
          request.targetNew,
          ...request.paraphrases,
          ...request.neighbours.map(({ prompt }) => prompt),
        ];
        expect(texts.every((one) => typeof one === "string")).toBe(true);
      }
    });
  });

  test("benchmarks' records in every form: JSON, JSON lines and tables", async () => {
    const samples = BENCHMARKS.map((name) =>
      readFileSync(resolve(import.meta.dirname, `../fixtures/benchmarks/${name}.json`), "utf8"),
    );
    const originals = samples.map((text) => JSON.parse(text) as unknown[]);
    const table = "prompt,subject,target\nThe capital of {} is,Chile,Rome\n";
    await runCases({ kind: 30, share: 4 }, (random) => {
      const original = random.pick(originals);
      const lines = original.map((record) => JSON.stringify(record)).join("\n");
      const text = [
        () => mutateValue(original, random),
        () => mutateJson(lines, random),
        () => mutateJson(table, random),
      ][random.below(3)]!();
      for (const request of recogniseRequests(text, "pasted").requests) {
        assertPlain(request);
        expect(request.prompt.split("{}")).toHaveLength(2);
      }
    });
  });

  test("lists of facts, pasted: JSON and comma separated values", async () => {
    const fact = { prompt: "The capital of {} is", subject: "France", target: "Paris" };
    const related = {
      relations: { capital: { templates: ["The {} is"] } },
      facts: [{ relation: "capital", subject: "x" }],
    };
    const originals: unknown[] = [
      fact,
      [fact, fact],
      { facts: [fact] },
      related,
      { requests: [{ requested_rewrite: fact }] },
    ];
    const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await runCases({ kind: 22, share: 4 }, (random) => {
      const rows = Array.from({ length: 1 + random.below(3) }, () => [
        random.pick(HOSTILE_TEXTS),
        random.pick(HOSTILE_TEXTS),
      ]);
      const csv = `prompt,subject\r\n${rows.map((row) => row.map(quote).join(",")).join("\r\n")}\r\n`;
      if (random.below(3) === 0) {
        // Written by the rules, it reads back as it was.
        expect(readFacts(csv, "facts.csv").map(({ prompt, subject }) => [prompt, subject])).toEqual(rows);
        return;
      }
      const bytes = new TextEncoder().encode(csv);
      const text = random.below(2)
        ? mutateValue(random.pick(originals), random)
        : new TextDecoder().decode(mutateBytes(bytes, bytes.length, random));
      for (const one of readFacts(text, "facts")) {
        assertPlain(one);
        expect(typeof one.prompt === "string" && typeof one.subject === "string").toBe(true);
        expect(["string", "undefined"]).toContain(typeof one.target);
      }
    });
  });

  /** What the page takes from outside: a prompt that fits, a subject inside it, a seed the generator can take. */
  function assertPage(page: Remembered | undefined): "opened" | "refused" {
    if (page === undefined) return "refused";
    assertPlain(page);
    const { prompt, subject, seed, target } = page;
    expect(
      typeof prompt === "string" && prompt.length > 0 && prompt.length <= 4000 && typeof target === "string",
    ).toBe(true);
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
    if (subject && !(subject.start >= 0 && subject.start < subject.end && subject.end <= prompt.length))
      throw new Error("subject");
    return "opened";
  }

  test("permalinks", async () => {
    const keys = ["prompt", "start", "end", "target", "seed", "model", "__proto__", "constructor", ""];
    const texts = [
      ...HOSTILE_TEXTS,
      "0",
      "4",
      "11",
      "-1",
      "1e3",
      "0x10",
      "NaN",
      "Infinity",
      "4294967296",
      "1.5",
      "embedded:../x",
      "%",
      "+",
    ];
    const link = toLink({
      prompt: "The Eiffel Tower is in",
      subject: { start: 4, end: 16 },
      target: "Rome",
      seed: 3,
      model: "embedded:x",
    });
    await runCases({ kind: 19, share: 6 }, (random) => {
      const bytes = new TextEncoder().encode(link);
      const parameters = new URLSearchParams(link.slice(1));
      for (let times = 1 + random.below(3); times > 0; times--)
        parameters.set(random.pick(keys), random.pick(texts));
      const hash = random.below(3)
        ? `#${parameters.toString()}`
        : new TextDecoder().decode(mutateBytes(bytes, bytes.length, random));
      const page = fromLink(hash);
      const outcome = assertPage(page);
      if (page) {
        expect(page.model === undefined || page.model.length < 300).toBe(true);
        expect(fromLink(toLink(page))).toEqual(page);
      }
      return outcome;
    });
  });

  test("the page as it was stored", async () => {
    const stored = { prompt: "The Eiffel Tower is in", start: 4, end: 16, target: "Rome", seed: 3 };
    await runCases({ kind: 20, share: 5 }, (random) => {
      const text = random.below(3) ? mutateValue(stored, random) : mutateJson(JSON.stringify(stored), random);
      return assertPage(recollect({ getItem: () => text }));
    });
  });
});
