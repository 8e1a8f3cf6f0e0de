/** A model of the hub by name. Nothing is asked before the button is pressed, and then only what the model is. */
import { Button, TextInput } from "@mantine/core";
import { parseHubName } from "../../store/modelRef";
import { useSlice, useWorkspace } from "../workspaceContext";
import styles from "./picker.module.css";

export function HubField() {
  const { stores } = useWorkspace();
  const text = useSlice("picker", (state) => state.hubText);
  const isName = parseHubName(text) !== undefined;
  return (
    <form
      className={styles.line}
      onSubmit={(event) => {
        event.preventDefault();
        void stores.picker.getState().inspectTyped();
      }}
    >
      <TextInput
        className={styles.grow ?? ""}
        aria-label="Model on the hub"
        placeholder="openai-community/gpt2"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={text}
        error={
          text.trim() !== "" && !isName ? "Write owner/name, as in the address of the model’s page." : null
        }
        onChange={(event) => stores.picker.getState().setHubText(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={!isName}>
        Look it up
      </Button>
    </form>
  );
}
