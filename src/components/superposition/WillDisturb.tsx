/** In the edit panel: what the edit about to be made would disturb, looked up by itself on a small model. */
import { Button } from "@mantine/core";
import { useEffect, useMemo } from "react";
import { ErrorNote, Hint } from "../ui/ErrorNote";
import { SubHead } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { ChunkShares } from "./ChunkShares";
import { chunkDisturbances, disturbanceSentence, disturbedFacts } from "./disturbance";
import { RankedFacts } from "./RankedFacts";
import layout from "../ui/layout.module.css";

const SHOWN = 4;
/** After the last change of the form, in milliseconds. */
const REST = 900;

/** Methods whose update has a closed form in the keys; AnyEdit's in those of its chunks. */
const CLOSED: ReadonlySet<string> = new Set([
  "ROME",
  "R-ROME",
  "MEMIT",
  "EMMET",
  "PMET",
  "AlphaEdit",
  "AnyEdit",
]);

export default function WillDisturb() {
  const { limits, stores } = useWorkspace();
  const { shown, preview, threshold } = useSlice("interference", (state) => state);
  const text = useSlice("prompt", (state) => state.text);
  const span = useSlice("prompt", (state) => state.subject);
  const method = useSlice("edit", (state) => state.form.method);
  const layer = useSlice("edit", (state) => state.form.layer);
  // Where the answer is cut, it decides; elsewhere its words play no part.
  const answer = useSlice("edit", ({ form }) => (form.method === "AnyEdit" ? form.targetNew : undefined));
  const cuts = useSlice("edit", ({ form }) => (form.method === "AnyEdit" ? form.cuts : undefined));
  const settings = useSlice("edit", (state) => state.form.settings);
  const isBusy = useSlice("edit", (state) => state.run.status === "running");
  const hash = useSlice("stack", (state) => state.stack?.weightHash);
  const isTracing = useSlice("trace", (state) => state.run.status === "running");
  const facts = useSlice("facts", (state) => state.facts);
  const subject = span && text.slice(span.start, span.end);
  const hasForm = CLOSED.has(method);
  const isAsked = answer === undefined ? subject !== undefined : answer.trim() !== "";
  const canLook = hasForm && isAsked && hash !== undefined && !isBusy && !isTracing;

  useEffect(() => {
    if (!canLook || !limits.isSmall()) return;
    const timer = setTimeout(() => void limits.preview(), REST);
    return () => clearTimeout(timer);
  }, [limits, canLook, text, span, method, layer, answer, cuts, settings, hash, facts]);

  const ranked = useMemo(() => (shown ? disturbedFacts(shown) : []), [shown]);
  const chunks = useMemo(() => (shown ? chunkDisturbances(shown) : []), [shown]);
  const about = shown?.call.requests[0];
  const isPresent =
    shown?.call.method === method &&
    (answer === undefined ? about?.subject === subject : about?.targetNew.trim() === answer.trim());
  if (!hasForm || !isAsked) return null;
  return (
    <section aria-labelledby="disturb-title">
      <SubHead
        remark="share of the change"
        aside={
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => stores.place.getState().go("superposition")}
          >
            all facts
          </Button>
        }
      >
        <span id="disturb-title">Will also disturb</span>
      </SubHead>
      {isPresent ? (
        <>
          <p className={layout.soft}>{disturbanceSentence(shown, ranked, threshold)}</p>
          <RankedFacts ranked={ranked} threshold={threshold} most={SHOWN} />
          <ChunkShares chunks={chunks} threshold={threshold} />
          {shown.result.warnings.map((warning) => (
            <Hint key={warning}>{warning}</Hint>
          ))}
        </>
      ) : preview.status === "failed" ? (
        <ErrorNote error={preview.error} />
      ) : limits.isSmall() ? (
        <p className={layout.soft}>Reading keys…</p>
      ) : (
        <Button size="compact-sm" variant="default" onClick={() => void limits.preview()}>
          Look ahead
        </Button>
      )}
    </section>
  );
}
