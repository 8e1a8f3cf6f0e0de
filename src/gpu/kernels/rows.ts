/** Rows picked by number: from matrices, from row tables in panels, and the reverse for the gradient. */
import { elementKernel } from "./elementwise";
import type { WgslKernel } from "./program";
import { weightReader } from "./weightReaders";

/** y [m, d] = x[rows]; `rows` were checked on the CPU, since a GPU clamps what is out of range (trap 13). */
export function gatherRows(count: number, width: number): WgslKernel {
  return elementKernel({
    name: "gatherRows",
    inputs: ["x", "rows"],
    outputShape: [count, width],
    uniforms: { width: { i32: width } },
    value: "return x[rows[index / uniforms.width] * uniforms.width + index % uniforms.width];",
  });
}

/** y [rowCount, d]: rows of dy [m, d] added where `rows` says, in order, without atomics: equal bits in every run. */
export function scatterRows(count: number, rowCount: number, width: number): WgslKernel {
  return elementKernel({
    name: "scatterRows",
    inputs: ["dy", "rows"],
    outputShape: [rowCount, width],
    uniforms: { width: { i32: width }, picked: { i32: count } },
    value: `
  let row = index / uniforms.width;
  let column = index % uniforms.width;
  var sum = 0.0;
  for (var i = 0; i < uniforms.picked; i = i + 1) {
    if (rows[i] == row) { sum = sum + dy[i * uniforms.width + column]; }
  }
  return sum;`,
  });
}

type LookupSize = {
  ids: number;
  inFeatures: number;
  outFeatures: number;
  layout: string;
  firstRow: number;
};

/** Row id - firstRow of a table chunk in panels of 8; zeros for ids in other chunks. */
export function lookupRows({ ids, inFeatures, outFeatures, layout, firstRow }: LookupSize): WgslKernel {
  const reader = weightReader(layout);
  return elementKernel({
    name: `lookup-${layout}`,
    functions: reader.functions,
    inputs: ["ids", "weight"],
    outputShape: [ids, inFeatures],
    uniforms: {
      inFeatures: { i32: inFeatures },
      outFeatures: { i32: outFeatures },
      firstRow: { i32: firstRow },
    },
    value: `
  let row = ids[index / uniforms.inFeatures] - uniforms.firstRow;
  if (row < 0 || row >= uniforms.outFeatures) { return 0.0; }
  let column = index % uniforms.inFeatures;
  ${reader.returnValue("column", "row", "uniforms.inFeatures")}`,
  });
}
