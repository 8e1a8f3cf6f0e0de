/** Canonical names of a model's matrices and norms: the same in every family, above any checkpoint's own naming. */

export type MatrixRole = "attnQuery" | "attnKey" | "attnValue" | "attnOut" | "mlpGate" | "mlpIn" | "mlpOut";

/** `blocks.3.mlpOut`: a matrix that an edit may replace. */
export type MatrixName = `blocks.${number}.${MatrixRole}`;

export type NormRole = "attnNorm" | "mlpNorm" | "attnOutNorm" | "mlpOutNorm" | "queryNorm" | "keyNorm";

export type NormName = `blocks.${number}.${NormRole}` | "finalNorm";

export const matrixName = (layer: number, role: MatrixRole): MatrixName => `blocks.${layer}.${role}`;
