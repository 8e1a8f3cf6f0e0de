/** A sheet of the page: a heading, what can be done beside it, and a body. */
import type { ReactNode } from "react";
import styles from "./Panel.module.css";

type PanelProps = {
  id: string;
  title: string;
  aside?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
};

export function Panel({ id, title, aside, className, children }: PanelProps) {
  return (
    <section
      className={[styles.panel, className].filter(Boolean).join(" ")}
      aria-labelledby={`${id}-title`}
      id={id}
    >
      <header className={styles.head}>
        <h2 className={styles.title} id={`${id}-title`}>
          {title}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A small heading inside a panel, with an optional remark in softer ink. */
export function SubHead({
  children,
  remark,
  aside,
}: {
  children: ReactNode;
  remark?: ReactNode;
  aside?: ReactNode;
}) {
  return (
    <div className={styles.subHead}>
      <h3 className={styles.subTitle}>{children}</h3>
      {remark === undefined ? null : <span className={styles.remark}>{remark}</span>}
      {aside === undefined ? null : <span className={styles.aside}>{aside}</span>}
    </div>
  );
}
