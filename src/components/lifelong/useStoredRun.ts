/** The finished sequence that ships with the page, while there is none of the user's own and no other model is loaded. */
import { useEffect, useState } from "react";
import type { LifelongRun } from "../../store/keptRuns";
import { fetchStoredRun, mayShow } from "../../store/storedRun";
import { useSlice } from "../workspaceContext";

export function useStoredRun(): LifelongRun | undefined {
  const isEmpty = useSlice("lifelong", ({ runs }) => runs.length === 0);
  const loaded = useSlice("model", ({ model }) => model?.hash);
  const [stored, setStored] = useState<LifelongRun>();
  useEffect(() => {
    if (isEmpty) void fetchStoredRun().then(setStored);
  }, [isEmpty]);
  return isEmpty && stored !== undefined && mayShow(stored, loaded) ? stored : undefined;
}
