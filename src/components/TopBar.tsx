/** The line at the top: what this is, where the user is, which model answers, the state of its weights, light or dark, help. */
import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { useWorkspace } from "./workspaceContext";
import styles from "./App.module.css";
import { DamageMeter } from "./damage/DamageMeter";
import { ModelChip } from "./model/ModelChip";
import { StackChip } from "./model/StackChip";
import { LinkIcon, MoonIcon, PulseIcon, SunIcon } from "./ui/icons";
import { useScheme } from "./ui/useScheme";
import { WorkspaceNav } from "./WorkspaceNav";

/** Old writing, and over a part of it the new. */
function Mark() {
  return (
    <svg
      width="26"
      height="26"
      viewBox="0 0 26 26"
      fill="none"
      strokeWidth="2.2"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M3 6h20M3 13h20M3 20h14" stroke="var(--ghost)" />
      <path d="M3 13h11" stroke="var(--state)" />
      <path d="M10 20h13" stroke="var(--edit)" />
    </svg>
  );
}

function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useScheme();
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={`Switch to ${other}`}
      onClick={() => setColorScheme(other)}
    >
      {scheme === "dark" ? <SunIcon /> : <MoonIcon />}
    </ActionIcon>
  );
}

export function TopBar() {
  const workspace = useWorkspace();
  const { open } = workspace.stores.sheet.getState();
  return (
    <header className={styles.bar}>
      <h1 className={styles.name}>
        <Mark />
        Palimpsest
      </h1>
      <p className={styles.motto}>edit what a model knows</p>
      <WorkspaceNav />
      <div className={styles.chips}>
        <ModelChip onOpen={() => open("models")} />
        <StackChip />
        <DamageMeter />
      </div>
      <div className={styles.icons}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label="Copy a link to this question"
          onClick={() => void workspace.copyLink()}
        >
          <LinkIcon />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label="Self-test of this device"
          onClick={() => open("report")}
        >
          <PulseIcon />
        </ActionIcon>
        <ThemeToggle />
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label="Help and shortcuts"
          onClick={() => open("help")}
        >
          ?
        </ActionIcon>
      </div>
    </header>
  );
}
