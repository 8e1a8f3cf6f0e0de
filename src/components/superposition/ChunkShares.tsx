/** For an answer written chunk by chunk: which other fact takes most of each chunk's change. */
import { signed } from "./sentences";
import { chunksSentence, type ChunkDisturbance } from "./disturbance";
import layout from "../ui/layout.module.css";
import styles from "./superposition.module.css";

type ChunkSharesProps = { chunks: readonly ChunkDisturbance[]; threshold: number };

export function ChunkShares({ chunks, threshold }: ChunkSharesProps) {
  if (chunks.length === 0) return null;
  return (
    <>
      <p className={layout.soft}>{chunksSentence(chunks, threshold)}</p>
      <ol className={styles.ranked} tabIndex={0} aria-label="Chunks and the fact each disturbs most">
        {chunks.map(({ text, name, share }, at) => (
          <li key={at} data-below={Math.abs(share) <= threshold || undefined} title={text}>
            <span>
              <bdi>{text}</bdi>
            </span>
            <bdi>{name}</bdi>
            <span className={styles.number}>{signed(share)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
