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

function sumAt(row: number, column: number): string {
  return `sum${row}_${column < 4 ? 0 : 1}[${column % 4}]`;
}

/** One invocation makes a whole tile. */
function wholeTile({ tileRows, step, finish }: Tile): string {
  const write = (r: number, c: number) => `write(firstRow + ${r}, column + ${c}, ${sumAt(r, c)});`;
  return `
fn write(row : i32, column : i32, sum : f32) {
  if (row < uniforms.rows && column < uniforms.columns) {
    result[row * uniforms.columns + column] = ${finish("sum")};
  }
}
fn main(tile : i32) {
  if (tile >= uniforms.tiles) { return; }
  ${tileStart(tileRows)}
  for (var step = 0; step < uniforms.steps; step = step + 1) {
    ${step}
  }
  let column = tileColumn * ${TILE_COLUMNS};
  ${unroll(tileRows, (r) => unroll(TILE_COLUMNS, (c) => write(r, c)))}
}`;
}

/** No early return: a barrier must be reached by all. Workgroups beyond the last tile sum nothing and write nothing. */
function splitTile({ tileRows, step, finish }: Tile): string {
  const sums = tileRows * TILE_COLUMNS;
  return `
var<workgroup> partial : array<f32, ${LANES * sums}>;
fn main(index : i32) {
  let lane = index % ${LANES};
  let tile = index / ${LANES};
  ${tileStart(tileRows)}
  let steps = select(0, uniforms.steps, tile < uniforms.tiles);
  for (var step = lane; step < steps; step = step + ${LANES}) {
    ${step}
  }
  let start = lane * ${sums};
  ${unroll(tileRows, (r) => unroll(TILE_COLUMNS, (c) => `partial[start + ${TILE_COLUMNS * r + c}] = ${sumAt(r, c)};`))}
  workgroupBarrier();
  if (lane < ${sums}) {
    var sum = 0.0;
    for (var other = 0; other < ${LANES}; other = other + 1) { sum = sum + partial[other * ${sums} + lane]; }
    let row = firstRow + lane / ${TILE_COLUMNS};
    let column = tileColumn * ${TILE_COLUMNS} + lane % ${TILE_COLUMNS};
    if (tile < uniforms.tiles && row < uniforms.rows && column < uniforms.columns) {
      result[row * uniforms.columns + column] = ${finish("sum")};
    }
  }
}`;
}
