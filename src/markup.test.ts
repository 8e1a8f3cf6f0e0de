/** Text becomes markup only through a few doors of the browser; the page uses none, so that nothing in a file can. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const DOORS =
  /dangerouslySetInnerHTML|\binnerHTML\b|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc|setHTMLUnsafe|["'`]javascript:/;

test("no source of the page writes markup", () => {
  const names = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name));
  expect(sources.length).toBeGreaterThan(300);
  const guilty = sources.filter((name) => DOORS.test(readFileSync(join(import.meta.dirname, name), "utf8")));
  expect(guilty).toEqual([]);
});
