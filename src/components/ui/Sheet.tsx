/** A sheet laid over the page, with its title and a way to close it. */
import { CloseButton, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./Sheet.module.css";

export function Sheet({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Modal.Root opened onClose={onClose} size="lg" centered>
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content className={styles.sheet ?? ""}>
        <Modal.Body>
          <div className={styles.head}>
            <Modal.Title className={styles.title ?? ""}>{title}</Modal.Title>
            <CloseButton aria-label="Close" onClick={onClose} />
          </div>
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
