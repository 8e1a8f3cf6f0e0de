export * from "../../lib/heatmap/heatmapFiles";
