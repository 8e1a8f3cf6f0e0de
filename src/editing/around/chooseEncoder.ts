import { AppError } from "../../lib/errors";
import type { Model } from "../../model/model";
import { ownStates, type Pooling } from "./ownStates";
import type { SentenceEncoder } from "../../domain/encoder";

/** What compares texts for a method around the model. Throws AppError `bad-request` where there is no encoder. */
export function chooseEncoder(
  wanted: "own" | "sentence",
  model: Model,
  sentenceEncoder: SentenceEncoder | undefined,
  pooling: Pooling = "last",
): SentenceEncoder {
  if (wanted === "own") return ownStates(model, pooling);
  if (sentenceEncoder) return sentenceEncoder;
  throw new AppError(
    "bad-request",
    "There is no sentence encoder here.",
    "Use the model's own states: encoder=own. The page can fetch an encoder.",
    { field: "encoder" },
  );
}
