/** The rows of a list as they were read; a row that could not be read says why in its place. */
import type { RequestRow } from "../../lib/requests/readRequestRows";
import { visibleString } from "../../lib/visibleText";
import { ProseText } from "../ui/ModelText";
import styles from "./requests.module.css";

/** More rows than this would only be scrolled past. */
const MOST_SHOWN = 200;
const LONG = 70;

export const shortened = (text: string): string =>
  text.length > LONG ? `${text.slice(0, LONG - 1).trimEnd()}…` : text;

function Row({ row }: { row: RequestRow }) {
  if (row.status === "refused") {
    return (
      <tr data-refused>
        <td>{row.row}</td>
        <td colSpan={2}>{visibleString(row.fault, "none")}</td>
      </tr>
    );
  }
  const { prompt, subject, targetNew, targetTrue } = row.request;
  const [before = "", after = ""] = prompt.split("{}");
  return (
    <tr>
      <td>{row.row}</td>
      <td>
        <ProseText text={shortened(before)} />
        <span className={styles.subject}>
          <ProseText text={shortened(subject)} />
        </span>
        <ProseText text={shortened(after)} />
      </td>
      <td>
        <span className={styles.answer}>
          <ProseText text={shortened(targetNew)} />
        </span>
        {targetTrue === undefined ? null : (
          <del>
            <ProseText text={shortened(targetTrue)} />
          </del>
        )}
      </td>
    </tr>
  );
}

export function RequestTable({ rows }: { rows: readonly RequestRow[] }) {
  return (
    <div className={styles.box} tabIndex={0} role="region" aria-label="Rows that were read">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">row</th>
            <th scope="col">question</th>
            <th scope="col">new answer</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_SHOWN).map((row, index) => (
            <Row key={index} row={row} />
          ))}
        </tbody>
      </table>
      {rows.length > MOST_SHOWN ? <p className={styles.hint}>And {rows.length - MOST_SHOWN} more.</p> : null}
    </div>
  );
}
