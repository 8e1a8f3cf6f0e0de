/** Types of buildKernels.mjs, for the tests that compare its output with the committed files. */
export const GENERATED: string;
export const LINALG_GENERATED: string;
export const VARIANTS: readonly { readonly file: string; readonly features: readonly string[] }[];
export function compileKernels(
  features: readonly string[],
  assembly?: string,
): Promise<Uint8Array<ArrayBuffer>>;
export function linalgSource(): Promise<string>;
