/** One part's progress told as a part of the whole. */
import type { Progress } from "../domain/progress";
import { createPace } from "../lib/pace";

/** Parts count alike, a hundred each; the time left is of the whole. */
export function createPartProgress(
  onProgress: (progress: Progress) => void,
  count: number,
): (name: string, index: number) => (progress: Progress) => void {
  const pace = createPace();
  return (name, index) =>
    ({ note, done, total }) => {
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const at = 100 * (index + share);
      const secondsLeft = index === 0 ? undefined : pace(at, 100 * count);
      const left = secondsLeft === undefined ? {} : { secondsLeft };
      onProgress({ note: `${name}: ${note}`, done: at, total: 100 * count, ...left });
    };
}
