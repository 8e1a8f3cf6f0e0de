import type { Backend } from "./model";

export type SelfTestCheck = { name: string; error: number; bound: number; passed: boolean };
export type SelfTestResult = {
  backend: Backend;
  adapter: string;
  /** What the device allows, by the platform's own names. */
  limits: Readonly<Record<string, number | string>>;
  /** What computes the closed forms, in float64 and beside the engine. */
  float64: string;
  checks: SelfTestCheck[];
  passed: boolean;
  milliseconds: number;
};
