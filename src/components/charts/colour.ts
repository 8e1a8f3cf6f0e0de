export * from "../../lib/heatmap/colour";
