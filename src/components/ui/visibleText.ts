export * from "../../lib/visibleText";
