/** One edit: a switch, its name, how it was made and how much it changes; rename, move, recompute, remove. */
import { ActionIcon, Button, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import type { EditSummary } from "../../domain/edit";
import { visibleString } from "../../lib/visibleText";
import { layersText } from "../edit/LayerChoice";
import { useSlice, useWorkspace } from "../workspaceContext";
import { DotsIcon } from "../ui/icons";
import { ProseText } from "../ui/ModelText";
import { percent } from "../ui/numbers";
import { OverflowMenu } from "../ui/OverflowMenu";
import styles from "./stack.module.css";

function detailsOf({ method, settings, updates }: EditSummary): string {
  const rank = Math.max(0, ...updates.map((update) => update.rank));
  // A matrix that was all zero has no size to compare with.
  const size = Math.max(0, ...updates.map((update) => update.relativeNorm).filter(Number.isFinite));
  const at = settings.layer ?? settings.editLayers;
  const layers = Array.isArray(at) ? layersText(at) : String(at);
  const where = at === undefined ? "" : ` · layer ${visibleString(layers, "none")}`;
  const what = updates.length === 0 ? " · no weight changed" : ` · rank ${rank} · ‖ΔW‖/‖W‖ ${percent(size)}`;
  return `${method}${where}${what}`;
}

function Name({ edit, onDone }: { edit: EditSummary; onDone: (name: string | undefined) => void }) {
  const [draft, setDraft] = useState(edit.name);
  return (
    <TextInput
      size="xs"
      aria-label="Name of the edit"
      value={draft}
      autoFocus
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => onDone(draft)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onDone(draft);
        if (event.key === "Escape") onDone(undefined);
      }}
    />
  );
}

type EditRowProps = { edit: EditSummary; index: number; count: number };

export function EditRow({ edit, index, count }: EditRowProps) {
  const { stores, changeStack, recompute } = useWorkspace();
  const isBusy = useSlice("stack", (state) => state.change.status === "running");
  const isEditing = useSlice("edit", (state) => state.run.status === "running");
  /** For labels: the name comes from an edit file. */
  const name = visibleString(edit.name, "none");
  const [isRenaming, setRenaming] = useState(false);
  const stack = stores.stack.getState();

  const rename = (draft: string | undefined): void => {
    setRenaming(false);
    const wanted = draft?.trim() ?? "";
    if (wanted !== "" && wanted !== edit.name) void changeStack(() => stack.rename(edit.id, wanted));
  };

  return (
    <li className={styles.row} data-off={!edit.enabled || undefined}>
      <Switch
        size="sm"
        color="var(--state)"
        aria-label={`${name}: switched ${edit.enabled ? "on" : "off"}`}
        checked={edit.enabled}
        disabled={isBusy || isEditing}
        onChange={(event) => {
          const enabled = event.currentTarget.checked;
          void changeStack(() => stack.setEnabled(edit.id, enabled));
        }}
      />
      <div className={styles.words}>
        {isRenaming ? (
          <Name edit={edit} onDone={rename} />
        ) : (
          <span className={styles.name}>
            <ProseText text={edit.name} />
          </span>
        )}
        <span className={styles.details}>{detailsOf(edit)}</span>
        {edit.onOtherBase ? (
          <span className={styles.other}>
            computed on another base
            <Button
              size="compact-xs"
              variant="default"
              disabled={isEditing}
              onClick={() => void recompute(edit.id)}
            >
              Recompute
            </Button>
          </span>
        ) : null}
      </div>
      <OverflowMenu
        name={`More about ${name}`}
        button={(opener) => (
          <ActionIcon {...opener} variant="subtle" color="gray" aria-label={`More about ${name}`}>
            <DotsIcon />
          </ActionIcon>
        )}
        actions={[
          { label: "Rename", onChoose: () => setRenaming(true) },
          {
            label: "Move earlier",
            isDisabled: index === 0,
            onChoose: () => void changeStack(() => stack.move(edit.id, index - 1)),
          },
          {
            label: "Move later",
            isDisabled: index === count - 1,
            onChoose: () => void changeStack(() => stack.move(edit.id, index + 1)),
          },
          {
            label: "Recompute on the edits before it",
            isDisabled: isEditing,
            onChoose: () => void recompute(edit.id),
          },
          { label: "Remove", isGrave: true, onChoose: () => void changeStack(() => stack.remove(edit.id)) },
        ]}
      />
    </li>
  );
}
