/** `constructed`: a memory whose keys are made to order, filled fact by fact. No superposition, no loss. */
import { writeFile } from "node:fs/promises";
import { constructedPicture } from "../../lib/charts/constructedPicture";
import { AppError } from "../../lib/errors";
import type { Options } from "../arguments";
import type { Command } from "../command";
import { table } from "../table";

const MOST_NUMBERS = 2000;

function whole(options: Options, name: string, otherwise: number): number {
  const value = options.number(name) ?? otherwise;
  if (Number.isInteger(value) && value >= 1 && value <= MOST_NUMBERS) return value;
  throw new AppError("usage", `--${name} is a whole number from 1 to ${MOST_NUMBERS}.`);
}

export const constructed: Command = {
  summary: "a memory with keys made to order: no superposition, no loss",
  options: {
    facts: { kind: "number", value: "N", help: "facts that are written one after the other (64)" },
    width: { kind: "number", value: "N", help: "numbers of a key (64)" },
    overlap: { kind: "number", value: "O", help: "share of their direction that all keys have in common, 0 to 1 (0)" },
    seed: { kind: "number", value: "S", help: "draws keys and values (1)" },
    svg: { kind: "text", value: "FILE", writes: true, help: "write the loss by facts written as a picture" },
  }, // prettier-ignore
  async run(options, { lab, call }) {
    const [facts, width] = [whole(options, "facts", 64), whole(options, "width", 64)];
    const [overlap, seed] = [options.number("overlap") ?? 0, options.number("seed") ?? 1];
    if (!(overlap >= 0 && overlap < 1)) throw new AppError("usage", "--overlap lies from 0 to below 1.");
    const found = await lab.constructedMemory({ facts, width, overlap, seed }, call);
    const { meanLoss, loss, largestShare, interference } = found;
    const sentence =
      `${facts} facts, keys of ${width} numbers with overlap ${overlap}: the largest share is ${brief(largestShare)}, ` +
      `and when all are written ${brief(meanLoss.at(-1)!)} of a fact is lost on average.`;
    const svg = options.text("svg");
    if (svg !== undefined) await writeFile(svg, constructedPicture(found, sentence));
    const steps = pick(facts).map((at) => [at + 1, meanLoss[at]!, loss[at]!.predicted, loss[at]!.measured]);
    const rows = steps.map(([count, ...values]) => [count!, ...values.map(brief)]);
    return {
      json: { facts, width, overlap, seed, meanLoss, loss, largestShare, P: [...interference] },
      text: `${sentence}\n\n${table(["facts", "mean loss so far", "its loss at the end, predicted", "measured"], rows)}`,
    };
  },
};

const brief = (value: number): string => (value < 1e-6 ? "0" : value.toPrecision(3));

/** Eight places of a list, the last one among them. */
const pick = (count: number): number[] => [
  ...new Set(Array.from({ length: 8 }, (_, at) => Math.ceil(((at + 1) * count) / 8) - 1)),
];
