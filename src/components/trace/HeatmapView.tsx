/** The heatmap as a picture or as a table, with the strip below it that tells about one cell. */
import { fetched } from "../ui/fetched";
import { CellInspector } from "./CellInspector";
import { HeatmapGrid } from "./HeatmapGrid";
import type { TraceLayout } from "./TracePanel";
import type { TracePicture } from "./useTracePicture";

const HeatmapTable = fetched("The table", () => import("./HeatmapTable"));

export function HeatmapView({ picture, layout }: { picture: TracePicture; layout: TraceLayout }) {
  return (
    <>
      {layout.isTable ? (
        <HeatmapTable heatmap={picture.heatmap} />
      ) : (
        <HeatmapGrid picture={picture} isTransposed={layout.isTransposed} />
      )}
      <CellInspector picture={picture} />
    </>
  );
}
