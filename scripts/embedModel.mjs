/**
 * `node scripts/embedModel.mjs <model folder> <name>`: converts a model for public/models/<name>/ (or another folder). The
 * work is done by embedModel.ts with the product's own reader.
 */
import { join } from "node:path";
import { importTypeScript } from "./importTypeScript.mjs";
import { root } from "./setup.mjs";

const [source, name, target = join(root, "public/models", name ?? "")] = process.argv.slice(2);
if (!source || !name)
  throw new Error("usage: node scripts/embedModel.mjs <model folder> <name> [target folder]");
const { embedModel } = await importTypeScript("embedModel.ts");
await embedModel(source, target, name, root);
