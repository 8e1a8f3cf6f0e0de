/** Types of buildKernels.mjs, for the test that compares its output with the committed files. */
export const GENERATED: string;
export const VARIANTS: readonly { readonly file: string; readonly features: readonly string[] }[];
export function compileKernels(features: readonly string[]): Promise<Uint8Array<ArrayBuffer>>;
