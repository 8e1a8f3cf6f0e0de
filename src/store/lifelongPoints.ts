/** The way back to a measured point: its weights are taken into use, with the bits they had. */
import type { StackState } from "../domain/edit";
import type { LifelongPoint } from "../domain/lifelong";
import { AppError } from "../lib/errors";
import type { Lab } from "../workers/client";
import type { LifelongRuns } from "./lifelongRuns";
import type { LifelongState, LifelongStore } from "./lifelongStore";

export type LifelongPoints = ReturnType<typeof createPoints>;

export function createPoints(
  set: LifelongStore["setState"],
  get: LifelongStore["getState"],
  lab: Pick<Lab, "useFirstEdits">,
  { find, fail }: Pick<LifelongRuns, "find" | "fail">,
) {
  /** @throws AppError where the edits on the model are no longer those of the run */
  const goTo = async ({ stackEdits, weightHash }: LifelongPoint): Promise<StackState> => {
    const stack = await lab.useFirstEdits({ count: stackEdits });
    if (stack.weightHash !== weightHash) throw notTheSame();
    return stack;
  };

  const scrub: LifelongState["scrub"] = async (edits) => {
    const run = find(get().onStack);
    const pointAt = (place: number) => run?.points.find((one) => one.edits === place);
    if (run === undefined || pointAt(edits) === undefined || get().step.status === "running")
      return undefined;
    const isUnderWay = get().goingTo !== undefined;
    set({ goingTo: edits });
    // The one under way goes on to wherever the newest leads; what a drag passes by is left out.
    if (isUnderWay) return undefined;
    try {
      let [stack, reached] = [undefined as StackState | undefined, Number.NaN];
      while (reached !== get().goingTo) {
        reached = get().goingTo!;
        stack = await goTo(pointAt(reached)!);
      }
      set({ scrubbed: reached === run.points.at(-1)?.edits ? undefined : reached });
      return stack;
    } catch (error) {
      fail(run.id, error);
      return undefined;
    } finally {
      set({ goingTo: undefined });
    }
  };

  return { goTo, actions: { scrub } };
}

const notTheSame = (): AppError =>
  new AppError(
    "bad-request",
    "The edits on the model are no longer those of this run.",
    "Its curves stay; start a new run to go on.",
  );
