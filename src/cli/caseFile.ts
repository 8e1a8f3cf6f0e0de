/**
 * Rows of an evaluation kept as they are made: JSON lines, the first of which says what they belong to. A line is written
 * and flushed before the next case begins, so that after any interruption every whole line counts and half a one does not.
 */
import { open, readFile, truncate, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import type { CaseRequest } from "../domain/benchmark";
import { AppError } from "../lib/errors";
import { sha256 } from "../lib/sha256";

const FORMAT = "palimpsest-eval";

const measures = z.record(z.string(), z.number());
const row = z.object({
  case: z.string(),
  /** Place in the data file, from 0. */
  index: z.number().int().min(0),
  category: z.string().optional(),
  before: measures.optional(),
  after: measures.optional(),
  texts: z.array(z.object({ prompt: z.string(), text: z.string() })).optional(),
  /** Instead of measures: why this case could not be edited. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  milliseconds: z.number(),
});
export type CaseLine = z.infer<typeof row>;

/** What all rows of one evaluation share: another model, method, setting or data file is another evaluation. */
export async function evaluationIdentity(
  { case: _, statistics, ...call }: Omit<CaseRequest, "case"> & { case?: unknown },
  modelHash: string,
  data: string,
): Promise<string> {
  const plain = JSON.stringify({ ...call, modelHash });
  return statistics ? sha256(plain, data, statistics) : sha256(plain, data);
}

export type CaseFile = { rows: CaseLine[]; append(line: CaseLine): Promise<void>; close(): Promise<void> };

/** In memory alone without a path. Throws AppError `bad-json` for another kind of file, `bad-request` for another run's. */
export async function openCaseFile(path: string | undefined, identity: string): Promise<CaseFile> {
  const rows: CaseLine[] = [];
  if (path === undefined) {
    return { rows, append: async (line) => void rows.push(line), close: () => Promise.resolve() };
  }
  const known = await readFile(path, "utf8").catch(() => "");
  const whole = known.slice(0, known.lastIndexOf("\n") + 1);
  const [head, ...lines] = whole.split("\n").filter((line) => line !== "");
  if (head !== undefined) checkHead(head, basename(path), identity);
  lines.forEach((line, at) => rows.push(readLine(line, `${basename(path)}, line ${at + 2}`)));
  if (head !== undefined && whole.length < known.length) await truncate(path, Buffer.byteLength(whole));
  const handle = await open(path, head === undefined ? "w" : "a");
  if (head === undefined) await write(handle, { format: FORMAT, identity });
  return {
    rows,
    append: async (line) => {
      await write(handle, line);
      rows.push(line);
    },
    close: () => handle.close(),
  };
}

async function write(handle: FileHandle, value: unknown): Promise<void> {
  await handle.appendFile(`${JSON.stringify(value)}\n`);
  await handle.datasync();
}

function checkHead(line: string, name: string, identity: string): void {
  const head = z.object({ format: z.literal(FORMAT), identity: z.string() }).safeParse(parse(line));
  if (!head.success) {
    throw new AppError("bad-json", `${name} holds no rows of an evaluation.`, "Name another file.");
  }
  if (head.data.identity === identity) return;
  throw new AppError(
    "bad-request",
    `${name} belongs to another evaluation: its model, method, settings or data are not these.`,
    "Give what it was begun with, or name another file.",
  );
}

function readLine(line: string, where: string): CaseLine {
  const read = row.safeParse(parse(line));
  if (read.success) return read.data;
  throw new AppError("bad-json", `${where}, is no row of an evaluation.`, "Remove the line, or the file.");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
