/** The texts a review should see: what a GPU runs for the smallest tiles, and that every variant has its own text. */
import { expect, test } from "vitest";
import { linearForward, linearInputGradient } from "./linear";
import { tileText, tileUniforms } from "./tiles";

test("one row split over a workgroup", () => {
  const tile = { tileRows: 1, step: "sum0_0 += x[step] * weight[step];", finish: (sum: string) => sum };
  expect(tileText(tile, "split")).toMatchInlineSnapshot(`
    "

    var<workgroup> partial : array<vec4<f32>, 128>;
    fn main(index : i32) {
      let lane = index % 64;
      let tile = index / 64;
      
      let tileColumn = tile / uniforms.rowTiles;
      let firstRow = (tile % uniforms.rowTiles) * 1;
      let row0 = min(firstRow + 0, uniforms.rows - 1);
      var sum0_0 = vec4<f32>(0.0); var sum0_1 = vec4<f32>(0.0);
      let steps = select(0, uniforms.steps, tile < uniforms.tiles);
      for (var step = lane; step < steps; step = step + 64) {
        sum0_0 += x[step] * weight[step];
      }
      var sums = array<vec4<f32>, 2>(sum0_0, sum0_1);
      for (var i = 0; i < 2; i = i + 1) { partial[lane * 2 + i] = sums[i]; }
      workgroupBarrier();
      if (lane < 8 && tile < uniforms.tiles) {
        var sum = 0.0;
        for (var other = 0; other < 64; other = other + 1) {
          sum = sum + partial[other * 2 + lane / 4][lane % 4];
        }
        let row = firstRow + lane / 8;
        let column = tileColumn * 8 + lane % 8;
        if (row < uniforms.rows && column < uniforms.columns) {
          result[row * uniforms.columns + column] = sum;
        }
      }
    }"
  `);
});

test("one tile for one invocation", () => {
  const tile = {
    tileRows: 1,
    step: "sum0_0 += x[step] * weight[step];",
    finish: (sum: string) => `${sum} + bias[column]`,
  };
  expect(tileText(tile, "tile")).toMatchInlineSnapshot(`
    "

    fn main(tile : i32) {
      if (tile >= uniforms.tiles) { return; }
      
      let tileColumn = tile / uniforms.rowTiles;
      let firstRow = (tile % uniforms.rowTiles) * 1;
      let row0 = min(firstRow + 0, uniforms.rows - 1);
      var sum0_0 = vec4<f32>(0.0); var sum0_1 = vec4<f32>(0.0);
      for (var step = 0; step < uniforms.steps; step = step + 1) {
        sum0_0 += x[step] * weight[step];
      }
      var sums = array<vec4<f32>, 2>(sum0_0, sum0_1);
      for (var i = 0; i < 8; i = i + 1) {
        let row = firstRow + i / 8;
        let column = tileColumn * 8 + i % 8;
        let sum = sums[i / 4][i % 4];
        if (row < uniforms.rows && column < uniforms.columns) {
          result[row * uniforms.columns + column] = sum + bias[column];
        }
      }
    }"
  `);
});

test("odd sizes round up to whole tiles", () => {
  const { rowTiles, tiles } = tileUniforms(9, 17, 5, 8);
  expect([rowTiles.i32, tiles.i32]).toEqual([2, 6]);
});

const LAYOUTS = ["panels8", "panels8Float16", "panels8Bfloat16", "panels8Int8"] as const;

test("whatever changes the text of a linear kernel gives another text", () => {
  const texts = [];
  for (const isSoftware of [true, false]) {
    for (const rows of [1, 9]) {
      for (const features of [8, 7]) {
        for (const layout of LAYOUTS) {
          const size = { rows, inFeatures: features, outFeatures: features, layout };
          texts.push(linearForward(size, true, isSoftware).code);
          texts.push(linearInputGradient(size, isSoftware).code);
        }
      }
    }
  }
  expect(new Set(texts).size).toBe(texts.length);
});

test("sizes are not in the text: one pipeline serves all of them", () => {
  const code = (rows: number, inFeatures: number, outFeatures: number) =>
    linearForward({ rows, inFeatures, outFeatures, layout: "panels8" }, false, true).code;
  expect(code(132, 768, 3072)).toBe(code(9, 96, 1100));
});

test("many tiles are not split, few are, and software adapters never split", () => {
  const name = (rows: number, isSoftware: boolean) =>
    linearForward({ rows, inFeatures: 768, outFeatures: 3072, layout: "panels8" }, false, isSoftware).name;
  expect(name(12, false)).toBe("linear-panels8-split");
  expect(name(1024, false)).toBe("linear-panels8-tile");
  expect(name(12, true)).toBe("linear-panels8-tile");
});
