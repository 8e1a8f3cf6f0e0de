/** The mean effect of one kind of restoration: a row per role of a token, a column per layer, each cell with its band. */
import { useRef, type CSSProperties, type KeyboardEvent } from "react";
import type { AverageCell, TokenRole, TraceKind } from "../../domain/trace";
import { ROLE_NAMES } from "../../lib/heatmap/averageFiles";
import { colourOf, inkOn } from "../../lib/heatmap/colour";
import { useScheme } from "../ui/useScheme";
import styles from "./average.module.css";
import { moveByKey } from "./axes";

type AverageGridProps = {
  kind: TraceKind;
  title: string;
  roles: readonly TokenRole[];
  cells: readonly (readonly AverageCell[])[];
  /** The effect that fills the scale, the same for all grids. */
  full: number;
  current: { role: TokenRole; layer: number };
  isBusy: boolean;
  onChoose: (role: TokenRole, layer: number) => void;
};

/** `.45`, `−.03`; never a negative nothing. */
const short = (value: number): string =>
  value
    .toFixed(2)
    .replace(/^-(?=0\.00$)/u, "")
    .replace(/^(-?)0\./u, "$1.")
    .replace("-", "−");

export function AverageGrid(props: AverageGridProps) {
  const { kind, title, cells, full, current, onChoose } = props;
  const scheme = useScheme();
  const grid = useRef<HTMLDivElement>(null);
  const rows = props.roles
    .map((role, index) => ({ role, row: cells[index] ?? [] }))
    .filter(({ row }) => row.length > 0);
  const layers = rows[0]?.row.length ?? 0;

  const onKeyDown = (event: KeyboardEvent): void => {
    const from = [rows.findIndex(({ role }) => role === current.role), current.layer] as const;
    const to = moveByKey(event.key, event.ctrlKey || event.metaKey, from, [rows.length, layers]);
    const target = to && rows[to[0]];
    if (to === undefined || target === undefined) return;
    event.preventDefault();
    onChoose(target.role, to[1]);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${target.role} ${to[1]}"]`)?.focus();
  };

  return (
    <section className={styles.map}>
      <h3 className={styles.title} id={`average-${kind}`}>
        {title}
      </h3>
      <div
        ref={grid}
        role="grid"
        aria-labelledby={`average-${kind}`}
        aria-busy={props.isBusy}
        aria-rowcount={rows.length + 1}
        aria-colcount={layers + 1}
        className={styles.grid}
        style={{ "--columns": layers } as CSSProperties}
        onKeyDown={onKeyDown}
      >
        {rows.map(({ role, row }) => (
          <div role="row" className={styles.row} key={role}>
            <div role="rowheader" className={styles.role} data-subject={/Subject/u.test(role) || undefined}>
              {ROLE_NAMES[role]}
            </div>
            {row.map(({ effect }, layer) => {
              const colour = colourOf(Math.min(1, Math.max(-1, effect.mean / full)), kind, false, scheme);
              const isCurrent = role === current.role && layer === current.layer;
              return (
                <div
                  role="gridcell"
                  key={layer}
                  data-cell={`${role} ${layer}`}
                  className={styles.cell}
                  tabIndex={isCurrent ? 0 : -1}
                  aria-selected={isCurrent}
                  aria-label={`${ROLE_NAMES[role]}, layer ${layer}: ${short(effect.mean)} ± ${short(effect.interval)}`}
                  title={`${effect.mean.toFixed(3)} ± ${effect.interval.toFixed(3)}, ${effect.count} tokens`}
                  style={{ backgroundColor: colour, color: inkOn(colour) }}
                  onClick={() => onChoose(role, layer)}
                >
                  <span aria-hidden="true">{short(effect.mean)}</span>
                  <small aria-hidden="true" data-band={`±${short(effect.interval)}`} />
                </div>
              );
            })}
          </div>
        ))}
        <div role="row" className={styles.row}>
          <div role="columnheader" className={styles.corner}>
            layer
          </div>
          {Array.from({ length: layers }, (_none, layer) => (
            <div role="columnheader" className={styles.layer} key={layer}>
              {layer}
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}
