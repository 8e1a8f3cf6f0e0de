/** The damage light in words. Part of the first load; what stands behind it is in damageWords. */
import type { DamageLevel } from "../../domain/damage";

export const LEVELS: Readonly<Record<DamageLevel, { word: string; colour: string }>> = {
  sound: { word: "sound", colour: "green" },
  worn: { word: "worn", colour: "amber" },
  broken: { word: "broken", colour: "red" },
};
