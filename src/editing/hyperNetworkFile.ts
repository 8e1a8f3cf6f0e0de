/**
 * A hyper-network's file (scripts/train/mend.py writes it): safetensors with the networks and one JSON document that names
 * the model, the edited matrices and their steps. Taken for hostile until everything fits the model at hand.
 */
import { z } from "zod";
import { AppError } from "../lib/errors";
import { memorySource } from "../loading/byteSource/memorySource";
import { parseJson } from "../loading/json/parseJson";
import { readSafetensorsHeader } from "../loading/safetensors/safetensorsHeader";
import type { ModelWeights } from "../model/weights";
import { TensorReader } from "./editFileTensors";
import type { HyperNetwork } from "./hyperNetwork";

const FORMAT = "palimpsest-hypernetwork";
const DEPTH = [0, 1] as const;
const extent = z.number().int().min(1).max(1_000_000);

const schema = z.strictObject({
  formatVersion: z.literal(1),
  modelHash: z.string().regex(/^[0-9a-f]{64}$/),
  rank: extent.max(4096),
  weights: z
    .array(
      z.strictObject({
        weight: z.string().max(200),
        in: extent,
        out: extent,
        net: z.number().int().min(0).max(1000),
        rate: z.number(),
      }),
    )
    .min(1)
    .max(1000),
});

/** Throws AppError `wrong-model` when it was trained on other weights, `bad-edit-file`, `not-finite` or a FileFault. */
export async function readHyperNetwork(
  bytes: Uint8Array<ArrayBuffer>,
  fileName: string,
  { hash, weights: modelWeights }: { hash: string; weights: ModelWeights },
): Promise<HyperNetwork> {
  const header = await readSafetensorsHeader(memorySource(fileName, bytes));
  const text = header.metadata.get("palimpsest");
  if (header.metadata.get("format") !== FORMAT || text === undefined)
    throw damaged(fileName, "is no hyper-network's file");
  const parsed = schema.safeParse(parseJson(new TextEncoder().encode(text), fileName));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw damaged(fileName, `has a wrong ${path.join(".") || "document"} (${message})`);
  }
  const { modelHash, rank, weights } = parsed.data;
  if (modelHash !== hash) throw trainedElsewhere(fileName);
  const reader = new TensorReader(bytes, header, fileName);
  const sizes = new Map<number, number>();
  const read = weights.map((one, index) => {
    const n = one.in + one.out;
    const name = modelWeights.matrixNames.find((matrix) => matrix === one.weight);
    const matrix = name && modelWeights.matrix(name);
    if (matrix?.inFeatures !== one.in || matrix.outFeatures !== one.out)
      throw damaged(fileName, `edits ${one.weight}, which this model does not have in that size`);
    if ((sizes.get(one.net) ?? n) !== n || one.net > sizes.size)
      throw damaged(fileName, "has networks that do not fit their matrices");
    sizes.set(one.net, n);
    const vector = (part: string) => reader.read(`weight.${index}.${part}`, [n]);
    const modes = DEPTH.map((depth) => ({
      scale: vector(`${depth}.scale`),
      shift: vector(`${depth}.shift`),
    }));
    return { ...one, weight: name!, mean: vector("mean"), deviation: vector("deviation"), modes };
  });
  const nets = [...sizes]
    .sort(([a], [b]) => a - b)
    .map(([net, n]) =>
      DEPTH.map((depth) => ({
        u: reader.read(`net.${net}.${depth}.u`, [n, rank]),
        v: reader.read(`net.${net}.${depth}.v`, [rank, n]),
        bias: reader.read(`net.${net}.${depth}.bias`, [n]),
      })),
    );
  reader.assertAllRead();
  return { modelHash, rank, nets, weights: read };
}

const damaged = (fileName: string, what: string): AppError =>
  new AppError("bad-edit-file", `${fileName} ${what}.`, "Train it again (scripts/train/mend.py).", {
    field: "hyperNetwork",
  });

export const trainedElsewhere = (fileName: string): AppError =>
  new AppError(
    "wrong-model",
    `${fileName} was trained on other weights than this model's, and its edits would be noise.`,
    "Train it again on these weights (scripts/train/mend.py).",
    { field: "hyperNetwork" },
  );
