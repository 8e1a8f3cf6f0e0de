/**
 * WGSL of register tiles: an invocation (or a workgroup that splits the sum's loop) makes `tileRows × 8` numbers of the
 * output, held as `sum<row>_0` and `sum<row>_1` (columns 0 … 3 and 4 … 7). The step of the loop comes from the caller.
 */
import { unroll } from "./text";

export type Sharing = "tile" | "split";

/** Columns of a tile: one panel of the weights (weightLayout.ts). */
export const TILE_COLUMNS = 8;
export const LANES = 64;

export type Tile = {
  tileRows: number;
  /** WGSL functions used by `step`. */
  functions?: string;
  /** WGSL of one step: adds to the sums, knowing row<r>, tileColumn and step. */
  step: string;
  /** WGSL of the number to write, from the finished sum and its column. */
  finish: (sum: string) => string;
};

/** Uniforms the text reads; `columns` of the output are cut into tiles, `steps` is the length of the sum's loop. */
export function tileUniforms(rows: number, columns: number, steps: number, tileRows: number) {
  const rowTiles = Math.ceil(rows / tileRows);
  return {
    rows: { i32: rows },
    columns: { i32: columns },
    steps: { i32: steps },
    rowTiles: { i32: rowTiles },
    tiles: { i32: rowTiles * Math.ceil(columns / TILE_COLUMNS) },
  };
}

export function tileText(tile: Tile, sharing: Sharing): string {
  return `${tile.functions ?? ""}\n${sharing === "tile" ? wholeTile(tile) : splitTile(tile)}`;
}

/** Neighbouring invocations take the same 8 columns of different rows: they read the same weights. */
function tileStart(tileRows: number): string {
  return `
  let tileColumn = tile / uniforms.rowTiles;
  let firstRow = (tile % uniforms.rowTiles) * ${tileRows};
  ${unroll(tileRows, (r) => `let row${r} = min(firstRow + ${r}, uniforms.rows - 1);`)}
  ${unroll(tileRows, (r) => `var sum${r}_0 = vec4<f32>(0.0); var sum${r}_1 = vec4<f32>(0.0);`)}`;
}

/**
 * The sums as an array, for the loops that follow: unrolled, 64 guarded writes take a software adapter a second to
 * compile. Nothing of the main loop reads it, so the sums stay in registers there.
 */
function sumsAsArray(tileRows: number): string {
  const names = Array.from({ length: tileRows }, (_, r) => `sum${r}_0, sum${r}_1`);
  return `var sums = array<vec4<f32>, ${2 * tileRows}>(${names.join(", ")});`;
}

/** Writes one number of the tile if it lies inside of the output; knows `sum`. */
function guardedWrite(finish: Tile["finish"]): string {
  return `if (row < uniforms.rows && column < uniforms.columns) {
      result[row * uniforms.columns + column] = ${finish("sum")};
    }`;
}

/** One invocation makes a whole tile. */
function wholeTile({ tileRows, step, finish }: Tile): string {
  return `
fn main(tile : i32) {
  if (tile >= uniforms.tiles) { return; }
  ${tileStart(tileRows)}
  for (var step = 0; step < uniforms.steps; step = step + 1) {
    ${step}
  }
  ${sumsAsArray(tileRows)}
  for (var i = 0; i < ${tileRows * TILE_COLUMNS}; i = i + 1) {
    let row = firstRow + i / ${TILE_COLUMNS};
    let column = tileColumn * ${TILE_COLUMNS} + i % ${TILE_COLUMNS};
    let sum = sums[i / 4][i % 4];
    ${guardedWrite(finish)}
  }
}`;
}

/** No early return: a barrier must be reached by all. Workgroups beyond the last tile sum nothing and write nothing. */
function splitTile({ tileRows, step, finish }: Tile): string {
  const quads = 2 * tileRows;
  return `
var<workgroup> partial : array<vec4<f32>, ${LANES * quads}>;
fn main(index : i32) {
  let lane = index % ${LANES};
  let tile = index / ${LANES};
  ${tileStart(tileRows)}
  let steps = select(0, uniforms.steps, tile < uniforms.tiles);
  for (var step = lane; step < steps; step = step + ${LANES}) {
    ${step}
  }
  ${sumsAsArray(tileRows)}
  for (var i = 0; i < ${quads}; i = i + 1) { partial[lane * ${quads} + i] = sums[i]; }
  workgroupBarrier();
  if (lane < ${4 * quads} && tile < uniforms.tiles) {
    var sum = 0.0;
    for (var other = 0; other < ${LANES}; other = other + 1) {
      sum = sum + partial[other * ${quads} + lane / 4][lane % 4];
    }
    let row = firstRow + lane / ${TILE_COLUMNS};
    let column = tileColumn * ${TILE_COLUMNS} + lane % ${TILE_COLUMNS};
    ${guardedWrite(finish)}
  }
}`;
}
