/** The hub's answers about the sentence encoder: a tiny one in MiniLM's place (scripts/references/tinyEncoder.py). */
import type { BrowserContext } from "@playwright/test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ENCODER_FOLDER = join(import.meta.dirname, "../tests/fixtures/encoder");

/** Answers for the encoder's repository alone; gives what was asked for. */
export async function serveEncoder(context: BrowserContext): Promise<string[]> {
  const asked: string[] = [];
  await context.route("https://huggingface.co/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = /^\/Xenova\/all-MiniLM-L6-v2\/resolve\/main\/(.+)$/u.exec(pathname)?.[1];
    asked.push(file ?? pathname);
    const path = join(ENCODER_FOLDER, file ?? "none");
    const headers = { "Access-Control-Allow-Origin": "*" };
    if (file === undefined || !existsSync(path)) return route.fulfill({ status: 404, headers, body: "" });
    return route.fulfill({ status: 200, headers, body: readFileSync(path) });
  });
  return asked;
}
