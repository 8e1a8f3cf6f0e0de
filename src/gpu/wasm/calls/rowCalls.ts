/** What works row by row: norms, softmax, losses, gathering and scattering. */
import {
  crossEntropyGradientKernel,
  crossEntropyKernel,
  klDivergenceGradientKernel,
  klDivergenceKernel,
  softmaxGradientKernel,
  softmaxKernel,
} from "../../specs/loss";
import { layerNormKernel, normaliseGradientKernel, rmsNormKernel } from "../../specs/normalise";
import { gatherRowsKernel, scatterRowsKernel } from "../../specs/rows";
import { byRows, EXP, extent, on, out, rowsOf, type WasmKernel } from "./wasmCall";

export const ROWS: readonly WasmKernel[] = [
  on(layerNormKernel, (call) => {
    const { x, gain, bias } = call.inputs;
    call.team.kernels.normalise(x.at, gain.at, bias.at, out(call), ...rowsOf(x), call.attrs.eps);
  }),
  on(rmsNormKernel, (call) => {
    const { x, gain } = call.inputs;
    call.team.kernels.normalise(x.at, gain.at, 0, out(call), ...rowsOf(x), call.attrs.eps);
  }),
  on(normaliseGradientKernel, (call) => {
    const { dy, x, gain } = call.inputs;
    const { eps, centred } = call.attrs;
    call.team.kernels.normaliseGradient(dy.at, x.at, gain.at, out(call), ...rowsOf(x), eps, Number(centred));
  }),
  on(softmaxKernel, (call) => {
    const { x } = call.inputs;
    const [rows, width] = rowsOf(x);
    const values = [x.at, out(call), rows, width, Number(call.attrs.log)];
    call.team.run("softmax", values, byRows([4 * width, 4 * width], rows, EXP * width));
  }),
  on(softmaxGradientKernel, (call) => {
    const { dy, y } = call.inputs;
    const [rows, width] = rowsOf(y);
    const values = [dy.at, y.at, out(call), rows, width, Number(call.attrs.log)];
    call.team.run("softmaxGradient", values, byRows([4 * width, 4 * width, 4 * width], rows, EXP * width));
  }),
  on(crossEntropyKernel, (call) => {
    const { logits, targets } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [logits.at, targets.at, out(call), rows, width];
    call.team.run("crossEntropy", values, byRows([4 * width, 4, 4], rows, EXP * width));
  }),
  on(crossEntropyGradientKernel, (call) => {
    const { dy, logits, targets } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [dy.at, logits.at, targets.at, out(call), rows, width];
    const cut = byRows([4, 4 * width, 4, 4 * width], rows, 2 * EXP * width);
    call.team.run("crossEntropyGradient", values, cut);
  }),
  on(klDivergenceKernel, (call) => {
    const { reference, logits } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [reference.at, logits.at, out(call), rows, width];
    call.team.run("klDivergence", values, byRows([4 * width, 4 * width, 4], rows, 2 * EXP * width));
  }),
  on(klDivergenceGradientKernel, (call) => {
    const { dy, reference, logits } = call.inputs;
    const [rows, width] = rowsOf(logits);
    const values = [dy.at, reference.at, logits.at, out(call), rows, width];
    const cut = byRows([4, 4 * width, 4 * width, 4 * width], rows, 2 * EXP * width);
    call.team.run("klDivergenceGradient", values, cut);
  }),
  on(gatherRowsKernel, (call) => {
    const { x, rows } = call.inputs;
    call.team.kernels.gatherRows(x.at, rows.at, out(call), extent(rows, 0), extent(x, 1));
  }),
  on(scatterRowsKernel, (call) => {
    const { dy, rows } = call.inputs;
    call.team.kernels.scatterRows(
      dy.at,
      rows.at,
      out(call),
      extent(rows, 0),
      extent(dy, 1),
      call.attrs.rowCount,
    );
  }),
];
