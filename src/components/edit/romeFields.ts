/** ROME's settings as the page explains them; names, defaults and bounds come from the lab. */
import type { RomeSettings } from "../../domain/edit";

type Field = { name: Exclude<keyof RomeSettings, "layer" | "lossLayer">; label: string; hint: string };

export type RomeField =
  | (Field & { kind: "number" | "integer" | "switch" })
  | (Field & { kind: "choice"; choices: readonly { value: string; label: string }[] });

export const ROME_FIELDS: readonly RomeField[] = [
  {
    name: "steps",
    kind: "integer",
    label: "Steps",
    hint: "How often the new value is improved before it is written.",
  },
  {
    name: "learningRate",
    kind: "number",
    label: "Learning rate",
    hint: "How far each of Adam's steps goes.",
  },
  {
    name: "weightDecay",
    kind: "number",
    label: "Weight decay",
    hint: "Pulls the new value towards the old one. More of it edits more gently.",
  },
  {
    name: "klFactor",
    kind: "number",
    label: "Drift penalty",
    hint: "Keeps what the model says of the subject in general ('Curry is a …') as it was.",
  },
  {
    name: "clampNormFactor",
    kind: "number",
    label: "Largest change",
    hint: "The change to the value stays below this multiple of the value's length.",
  },
  {
    name: "earlyStopLoss",
    kind: "number",
    label: "Good enough at",
    hint: "Stops before the steps are used up once the loss is below this.",
  },
  {
    name: "useSecondMoment",
    kind: "switch",
    label: "Spare other facts",
    hint: "Turns the key away from directions that other facts use (the inverse second moment C⁻¹).",
  },
  {
    name: "key",
    kind: "choice",
    label: "Key",
    hint: "Which reading of the subject the new value is stored under.",
    choices: [
      { value: "published", label: "as published" },
      { value: "bare", label: "bare prompt" },
      { value: "mean", label: "mean (R-ROME)" },
    ],
  },
  {
    name: "factToken",
    kind: "choice",
    label: "At token",
    hint: "Whose state is rewritten. The subject's last token is where tracing finds facts.",
    choices: [
      { value: "subject_last", label: "subject, last" },
      { value: "subject_first", label: "subject, first" },
      { value: "subject_first_after_last", label: "first after it" },
      { value: "last", label: "prompt's last" },
    ],
  },
];
