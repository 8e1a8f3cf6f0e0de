/** The probes' sheet, fetched when it first opens: other wordings that should change too, other facts that should not. */
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { CloseIcon } from "../ui/icons";
import { SubHead } from "../ui/Panel";
import styles from "./edit.module.css";

function Paraphrases() {
  const { stores } = useWorkspace();
  const paraphrases = useSlice("edit", (state) => state.form.paraphrases);
  const set = (next: readonly string[]): void => stores.edit.getState().setForm({ paraphrases: next });
  return (
    <>
      <SubHead remark="should change as well">Other wordings</SubHead>
      {paraphrases.map((text, index) => (
        <div className={styles.probe} key={index}>
          <TextInput
            size="xs"
            aria-label={`Other wording ${index + 1}`}
            value={text}
            onChange={(event) => set(paraphrases.with(index, event.currentTarget.value))}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove other wording ${index + 1}`}
            onClick={() => set(paraphrases.toSpliced(index, 1))}
          >
            <CloseIcon />
          </ActionIcon>
        </div>
      ))}
      <Button size="compact-xs" variant="default" onClick={() => set([...paraphrases, ""])}>
        Add a wording
      </Button>
    </>
  );
}

function Neighbours() {
  const { stores } = useWorkspace();
  const neighbours = useSlice("edit", (state) => state.form.neighbours);
  const set = (next: typeof neighbours): void => stores.edit.getState().setForm({ neighbours: next });
  return (
    <>
      <SubHead remark="should stay as they are">Neighbouring facts</SubHead>
      {neighbours.map((neighbour, index) => (
        <div className={styles.probe} key={index}>
          <TextInput
            size="xs"
            aria-label={`Neighbouring prompt ${index + 1}`}
            value={neighbour.prompt}
            onChange={(event) =>
              set(neighbours.with(index, { ...neighbour, prompt: event.currentTarget.value }))
            }
          />
          <TextInput
            size="xs"
            className={styles.probeAnswer ?? ""}
            aria-label={`Answer of neighbouring prompt ${index + 1}`}
            placeholder="answer"
            value={neighbour.target ?? ""}
            onChange={(event) =>
              set(neighbours.with(index, { ...neighbour, target: event.currentTarget.value }))
            }
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove neighbouring fact ${index + 1}`}
            onClick={() => set(neighbours.toSpliced(index, 1))}
          >
            <CloseIcon />
          </ActionIcon>
        </div>
      ))}
      <Button size="compact-xs" variant="default" onClick={() => set([...neighbours, { prompt: "" }])}>
        Add a fact
      </Button>
    </>
  );
}

export default function ProbesSheet() {
  const { stores } = useWorkspace();
  const targetTrue = useSlice("edit", (state) => state.form.targetTrue);
  return (
    <>
      <SubHead>Old answer</SubHead>
      <TextInput
        size="xs"
        aria-label="Old answer"
        value={targetTrue}
        onChange={(event) => stores.edit.getState().setForm({ targetTrue: event.currentTarget.value })}
      />
      <Paraphrases />
      <Neighbours />
    </>
  );
}
