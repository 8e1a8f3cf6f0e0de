/**
 * The float64 kernels of src/linalg, compiled by scripts/buildKernels.mjs. Each is a vectorised form of a plain loop in
 * src/linalg and gives the same bits: lanes are results side by side, and every result sums in the loop's order.
 */
export { packPanels, subtractProducts } from "./products";
export { rotateStrip } from "./rotations";
export { substitute } from "./substitution";
