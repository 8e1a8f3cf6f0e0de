import { AppError } from "../lib/errors";

/** Reads `3`, `3,4`, `2-5` or `all` for a model with `count` layers. @throws AppError usage */
export function parseLayers(text: string, count: number): number[] {
  if (text === "all") return Array.from({ length: count }, (_, layer) => layer);
  const layers = text.split(",").flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined)
      throw new AppError("usage", `“${text}” is no list of layers.`, "Write 3,4 or 2-5 or all.");
    const from = Number(first);
    return Array.from({ length: Math.max(0, Number(last) - from + 1) }, (_, index) => from + index);
  });
  const outside = layers.find((layer) => layer >= count);
  if (outside !== undefined) {
    throw new AppError("usage", `There is no layer ${outside}.`, `This model has layers 0 to ${count - 1}.`);
  }
  if (layers.length === 0)
    throw new AppError("usage", `“${text}” names no layer.`, "Write 3,4 or 2-5 or all.");
  return [...new Set(layers)].sort((a, b) => a - b);
}
