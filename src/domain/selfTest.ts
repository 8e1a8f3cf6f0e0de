import type { Backend } from "./model";

export type SelfTestCheck = { name: string; error: number; bound: number; passed: boolean };
export type SelfTestResult = {
  backend: Backend;
  adapter: string;
  checks: SelfTestCheck[];
  passed: boolean;
  milliseconds: number;
};
