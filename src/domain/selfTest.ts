import type { Backend } from "./model";

export type SelfTestCheck = { name: string; error: number; bound: number; passed: boolean };
export type SelfTestResult = {
  backend: Backend;
  adapter: string;
  /** What the device allows, by the platform's own names. */
  limits: Readonly<Record<string, number | string>>;
  checks: SelfTestCheck[];
  passed: boolean;
  milliseconds: number;
};
