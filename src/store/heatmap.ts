export * from "../lib/heatmap/heatmap";
