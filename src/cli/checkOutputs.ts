/** Whether the files that a command will write can be written, found out before it works: hours may lie between. */
import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../lib/errors";
import type { Options, OptionTable } from "./arguments";

/** Creates nothing. Throws AppError `usage` naming the option. */
export async function checkOutputs(options: Options, table: OptionTable): Promise<void> {
  for (const [name, { writes }] of Object.entries(table)) {
    const path = writes ? options.text(name) : undefined;
    if (path !== undefined) await checkOutput(`--${name}`, path);
  }
}

const statOf = (path: string) => stat(path).catch(() => undefined);

async function checkOutput(option: string, path: string): Promise<void> {
  const refuse = (what: string, remedy: string): AppError =>
    new AppError("usage", `${option}: ${what}`, remedy);
  if (path === "") throw refuse("no file is named.", "Name one.");
  const present = await statOf(path);
  if (present?.isDirectory()) throw refuse(`${path} is a folder.`, "Name a file in it.");
  const folder = dirname(path);
  if (!(await statOf(folder))?.isDirectory()) {
    throw refuse(`there is no folder ${folder}.`, "Create it, or name another place.");
  }
  const place = present ? path : folder;
  await access(place, constants.W_OK).catch(() => {
    throw refuse(`${place} cannot be written.`, "Name another place.");
  });
}
