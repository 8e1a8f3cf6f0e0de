/** Did a probe come out as hoped: new answer ahead where it should be, old one still ahead where not. Pure. */
import type { Probe } from "../../domain/edit";

export function succeeded({ kind, after }: Probe): boolean {
  const old = after.pTrue ?? 0;
  return kind === "neighbourhood" ? old > after.pNew : after.pNew > old;
}
