/** A panel whose first words say what its chart shows, with the numbers; the chart is labelled by them. */
import type { ReactNode } from "react";
import { Panel } from "../ui/Panel";
import styles from "./chart.module.css";

type ChartPanelProps = {
  id: string;
  title: string;
  sentence: string;
  aside?: ReactNode;
  children?: ReactNode;
};

/** The id of a panel's sentence, for what it labels. */
export const sentenceId = (panel: string): string => `${panel}-sentence`;

export function ChartPanel({ id, title, sentence, aside, children }: ChartPanelProps) {
  return (
    <Panel id={id} title={title} aside={aside}>
      <p className={styles.sentence} id={sentenceId(id)}>
        {sentence}
      </p>
      {children}
    </Panel>
  );
}
