/** Row-major numbers; `values` is transferred across threads, not copied. */
export type Grid = { rows: number; columns: number; values: Float32Array<ArrayBuffer> };
