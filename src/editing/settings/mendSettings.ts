/** MEND's only knob: what it does to a gradient was learned. */
import { ELSEWHERE, type SettingsDefinition } from "./sharedSettings";
import { TRAINING_FIELDS } from "./trainingFields";

export type MendSettings = { rateFactor: number };

const LEARNED = "it is part of the trained hyper-network";

export const mendDefinition: SettingsDefinition<MendSettings> = {
  specs: () => [
    { name: "rateFactor", published: [], kind: "number", min: 0, max: 100, meaning: "factor on the learned step of every matrix" },
  ], // prettier-ignore
  defaults: () => ({ rateFactor: 1 }),
  elsewhere: {
    ...ELSEWHERE,
    ...TRAINING_FIELDS,
    inner_params: LEARNED,
    edit_lr: LEARNED,
    archive: "the network comes with the model, or as a file",
  },
};
