/** Error codes that cross borders. Each has a page in docs/errors/. */

/** Why a model file was refused (the categories of the loader's contract). */
export type FileFault =
  | "not-this-format"
  | "truncated"
  | "limit"
  | "bad-json"
  | "bad-layout"
  | "bad-shape"
  | "duplicate"
  | "unsupported"
  | "missing"
  | "bad-config"
  | "bad-tokenizer"
  | "unsafe-reference";

export type ErrorCode =
  | FileFault
  | "usage"
  | "cancelled"
  | "internal"
  | "model-not-found"
  | "model-not-loaded"
  | "network"
  | "storage"
  | "webgpu-unavailable"
  | "gpu-error"
  | "out-of-memory"
  | "device-lost"
  | "worker-lost"
  | "too-slow"
  | "prompt-too-long"
  | "empty-prompt"
  | "subject-not-in-prompt"
  | "subject-ambiguous"
  | "bad-request"
  | "bad-statistics"
  | "singular-matrix"
  | "bad-edit-file"
  | "wrong-model"
  | "not-finite";

export type ErrorReport = {
  code: ErrorCode;
  message: string;
  remedy: string;
  details: Record<string, unknown>;
};
