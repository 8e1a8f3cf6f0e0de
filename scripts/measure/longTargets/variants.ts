/** Which methods are measured, under which settings: read from a file, so that a search and the final run are one program. */
import type { Settings } from "../../../src/domain/edit";

export type Variant = {
  /** As it appears in the rows. */
  name: string;
  method: "AnyEdit" | "UnKE";
  settings: Settings;
};

/** `{"shared": {…}, "variants": [{"name", "method", "settings"}]}`: shared settings first, a variant's own over them. */
export type VariantFile = { shared?: Settings; variants: Variant[] };

export const readVariants = ({ shared = {}, variants }: VariantFile): Variant[] =>
  variants.map(({ name, method, settings }) => ({ name, method, settings: { ...shared, ...settings } }));
