/**
 * Settings in the page's words. Names, ranges and defaults come from the lab; a setting that is not here is shown under
 * its own name with the lab's explanation, so that a new method needs nothing from this file.
 */
import type { SettingSpec } from "../../domain/methods";

type Words = { label: string; hint?: string; choices?: Readonly<Record<string, string>> };

const WORDS: Readonly<Record<string, Words>> = {
  steps: { label: "Steps", hint: "How often the new value is improved before it is written." },
  learningRate: { label: "Learning rate", hint: "How far each of Adam's steps goes." },
  weightDecay: {
    label: "Weight decay",
    hint: "Pulls the new value towards the old one. More of it edits more gently.",
  },
  klFactor: {
    label: "Drift penalty",
    hint: "Keeps what the model says of the subject in general ('Curry is a …') as it was.",
  },
  clampNormFactor: {
    label: "Largest change",
    hint: "The change to the value stays below this multiple of the value's length.",
  },
  earlyStopLoss: {
    label: "Good enough at",
    hint: "Stops before the steps are used up once the loss is below this.",
  },
  useSecondMoment: {
    label: "Spare other facts",
    hint: "Turns the key away from directions that other facts use (the inverse second moment C⁻¹).",
  },
  key: {
    label: "Key",
    hint: "Which reading of the subject the new value is stored under.",
    choices: { published: "as published", bare: "bare prompt", mean: "mean (R-ROME)" },
  },
  factToken: {
    label: "At token",
    hint: "Whose state is rewritten. The subject's last token is where tracing finds facts.",
    choices: {
      subject_last: "subject, last",
      subject_first: "subject, first",
      subject_first_after_last: "first after it",
      last: "prompt's last",
    },
  },
  secondMomentWeight: {
    label: "Weight of other facts",
    hint: "How much the least squares care for keys of unrelated text (λ of C). More of it edits more gently.",
  },
  nullSpaceThreshold: { label: "Free below" },
  ridge: { label: "Ridge", hint: "Weight of the update's own size: more of it keeps the change small." },
  keepEarlier: { label: "Keep earlier edits", hint: "Keys of the edits below are left alone." },
  inner: { label: "Written by", hint: "What writes the chunks' states into weights." },
  chunking: {
    label: "Cut into",
    hint: "How the answer is cut. Borders you move yourself go before this.",
    choices: { window: "windows", sentences: "sentences", whole: "one piece" },
  },
  window: { label: "Window", hint: "Tokens of a chunk. Small models hold few tokens in one state." },
  overlap: { label: "Overlap", hint: "Tokens that a chunk shares with the one before it." },
  chat: { label: "As a chat", hint: "Asks the question in the model's chat template." },
  endOfText: {
    label: "End the text",
    hint: "The answer ends with the end-of-text token, so that writing stops.",
  },
};

/** `clampNormFactor` as `Clamp norm factor`. */
function spelledOut(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/gu, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function asSentence(meaning: string): string {
  const text = meaning.charAt(0).toUpperCase() + meaning.slice(1);
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

export function wordsFor({ name, meaning }: SettingSpec): { label: string; hint: string } {
  const words = WORDS[name];
  return { label: words?.label ?? spelledOut(name), hint: words?.hint ?? asSentence(meaning) };
}

export function choicesFor(spec: SettingSpec & { kind: "choice" }): { value: string; label: string }[] {
  const words = WORDS[spec.name]?.choices;
  return spec.choices.map((value) => ({ value, label: words?.[value] ?? value }));
}
