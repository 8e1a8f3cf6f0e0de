/** The method that the edit form names, as the lab describes it; undefined until the lab has told. */
import type { MethodDescription } from "../../domain/methods";
import { methodNamed } from "../../store/methodStore";
import { useSlice } from "../workspaceContext";

export function useMethod(): MethodDescription | undefined {
  const name = useSlice("edit", (state) => state.form.method);
  return useSlice("methods", (state) => methodNamed(state.methods, name));
}
