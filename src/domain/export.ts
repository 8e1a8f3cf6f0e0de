/** Edits on their way out of the lab, in forms that other programs read. */

export const EXPORT_FORMATS = ["peft", "safetensors", "json"] as const;

/**
 * `peft`: a LoRA adapter for Hugging Face PEFT. `safetensors`: the changed weights whole, under the checkpoint's own
 * names. `json`: the whole stack as one readable document.
 */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export type ExportRequest = { format: ExportFormat };

export type ExportedFile = { name: string; bytes: Uint8Array<ArrayBuffer> };

export type ExportResult = {
  format: ExportFormat;
  files: ExportedFile[];
  /** Names of the edits that are in the files, and of those that are not because they are switched off. */
  edits: string[];
  leftOut: string[];
  /** What the files hold, by the names that other programs use. `rank` only in a LoRA adapter. */
  weights: { name: string; shape: number[]; rank?: number }[];
  /** The files were read again: the largest difference of any number of a weight from the weights in use here. */
  largestDifference: number;
  /** Sentences for the user. */
  notes: string[];
};
