/** The scale: from the corrupted run to the clean one, or from less to more for a difference. */
import { colourOf } from "../../lib/heatmap/colour";
import { scaleOf } from "../../lib/heatmap/heatmapScale";
import { reachesBelow } from "../charts/heatmapScale";
import { points, probability } from "../ui/numbers";
import { useScheme } from "../ui/useScheme";
import styles from "./trace.module.css";
import type { TracePicture } from "./useTracePicture";

const STOPS = 12;

export function Legend({ picture }: { picture: TracePicture }) {
  const scheme = useScheme();
  const { heatmap, hue } = picture;
  const scale = scaleOf(heatmap);
  const isTwoSided = heatmap.isDifference || reachesBelow(heatmap);
  const from = isTwoSided ? -1 : 0;
  const colours = Array.from({ length: STOPS + 1 }, (_none, step) =>
    colourOf(from + ((1 - from) * step) / STOPS, hue, scale.isDifference, scheme),
  );
  return (
    <div className={styles.legend}>
      {heatmap.isDifference ? (
        <span>{points(-scale.all)} points</span>
      ) : (
        <span>
          {isTwoSided ? "below · " : ""}
          {probability(heatmap.corrupted)} corrupted
        </span>
      )}
      <span
        className={styles.ramp}
        style={{ background: `linear-gradient(to right, ${colours.join(", ")})` }}
      />
      <span>{heatmap.isDifference ? points(scale.all) : `${probability(heatmap.clean)} clean`}</span>
    </div>
  );
}
