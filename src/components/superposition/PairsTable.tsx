/** The strongest pairs of a layer, strongest first; choosing one opens both facts. */
import { sharesKey, type Compared, type LayerView } from "../../store/superpositionStore";
import { SubHead } from "../ui/Panel";
import { useSlice, useWorkspace } from "../workspaceContext";
import { factName } from "./factName";
import { signed } from "./sentences";
import styles from "./superposition.module.css";

export function PairsTable({ compared, view }: { compared: Compared; view: LayerView }) {
  const { stores } = useWorkspace();
  const pair = useSlice("superposition", (state) => state.pair);
  const shown = view.pairs.filter((one) => !sharesKey(compared.sameKeys, one));
  if (shown.length === 0) return null;
  const choose = (i: number, j: number): void => {
    stores.superposition.getState().point({ i, j });
    stores.superposition.getState().choosePair({ i, j });
  };
  return (
    <>
      <SubHead remark="choose one to try it">Strongest pairs</SubHead>
      <div className={styles.tableBox} tabIndex={0} role="region" aria-label="Strongest pairs">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">editing</th>
              <th scope="col">falls on</th>
              <th scope="col" className={styles.number}>
                share
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ i, j, p }) => (
              <tr key={`${i} ${j}`} data-chosen={(pair?.i === i && pair.j === j) || undefined}>
                <td>
                  <button type="button" className={styles.link} onClick={() => choose(i, j)}>
                    {factName(compared.facts, i)}
                    <span className="visually-hidden"> → {factName(compared.facts, j)}: try this pair</span>
                  </button>
                </td>
                <td>{factName(compared.facts, j)}</td>
                <td className={styles.number}>{signed(p)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
