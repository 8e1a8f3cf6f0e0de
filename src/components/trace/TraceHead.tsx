/** The sentence above the heatmap, and where its numbers come from. */
import { Button, SegmentedControl } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { traceSentence } from "../charts/traceSentence";
import { Hint } from "../ui/ErrorNote";
import { ProseText } from "../ui/ModelText";
import layout from "../ui/layout.module.css";
import styles from "./trace.module.css";
import type { TracePicture } from "./useTracePicture";

const WARNINGS: Record<string, string> = {
  "answer-is-punctuation": "The answer is punctuation: phrase the prompt so that the fact is the next word.",
  "trailing-space": "The prompt ends with a space; without it the answer is found more surely.",
  "noise-changes-nothing": "The noise changes nothing here. Try a higher noise level.",
  "answer-not-likeliest": "The answer traced is not the model's likeliest next word.",
};

function Provenance({ picture }: { picture: TracePicture }) {
  const workspace = useWorkspace();
  const isReady = useSlice("model", (state) => state.model !== undefined);
  const line = useSlice("stack", (state) => state.stack?.line);
  if (picture.isStored) {
    return (
      <span className={styles.provenance}>
        <span className={layout.stamp}>stored result</span>
        <Button
          size="compact-sm"
          variant="default"
          disabled={!isReady}
          onClick={() => void workspace.trace()}
        >
          Run it live
        </Button>
      </span>
    );
  }
  const isOld = picture.weightsLine !== undefined && line !== undefined && picture.weightsLine !== line;
  if (!isOld || picture.view === "difference") return null;
  return (
    <span className={styles.provenance}>
      <span className={layout.stamp}>traced on {picture.weightsLine}</span>
      <Button size="compact-sm" variant="default" onClick={() => void workspace.trace()}>
        Trace again
      </Button>
    </span>
  );
}

/** Whose probability the difference follows. */
function AnswerChoice() {
  const workspace = useWorkspace();
  const which = useSlice("trace", (state) => state.differenceAnswer);
  const form = useSlice("edit", (state) => state.form);
  return (
    <SegmentedControl
      size="xs"
      aria-label="Whose probability"
      value={which}
      data={[
        { value: "new", label: form.targetNew || "new answer" },
        { value: "old", label: form.targetTrue || "old answer" },
      ]}
      onChange={(value) => void workspace.followAnswer(value as "old" | "new")}
    />
  );
}

export function TraceHead({ picture }: { picture: TracePicture }) {
  const sentence = traceSentence(picture.heatmap, picture.view, picture.settings);
  const shown = useSlice("trace", (state) => state.shown);
  const warnings = shown !== undefined && shown.view !== "difference" ? shown.result.warnings : [];
  return (
    <>
      <div className={styles.head}>
        <p className={styles.sentence} id="trace-sentence">
          {picture.isPartial && sentence.length === 0 ? "The first row is on its way." : null}
          {sentence.map((piece, index) =>
            typeof piece === "string" ? (
              piece
            ) : (
              <strong key={index}>
                <ProseText text={piece.quoted} />
              </strong>
            ),
          )}
        </p>
        {picture.view === "difference" ? <AnswerChoice /> : null}
        <Provenance picture={picture} />
      </div>
      {picture.isPartial
        ? null
        : warnings.map((warning) => <Hint key={warning}>{WARNINGS[warning] ?? warning}</Hint>)}
    </>
  );
}
