/**
 * Writes public/examples/lifelong.json, the sequence of edits shown before there is one of the user's own. Run again
 * when the model or ROME changes.
 */
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const { makeStoredRun } = await importTypeScript("storedRun.ts");
await makeStoredRun(root);
