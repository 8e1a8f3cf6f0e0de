/**
 * Writes a trace and an edit of every example of the gallery, made by the lab: public/examples/stored.json for the first,
 * which the page shows at once, and public/examples/stored/ for the others. Run again when the model or a method
 * changes; ids as arguments compute those examples only.
 */
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const { makeStored } = await importTypeScript("storedResults.ts");
await makeStored(root, process.argv.slice(2));
