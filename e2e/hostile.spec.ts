/** Files that mean harm, opened in the page: nothing in them becomes markup, turns text round, or keeps the page waiting. */
import { expect, test, type Page } from "@playwright/test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  MARKUP,
  MARKUP_PROMPT,
  modelOfMarkupArchitecture,
  modelWithEndlessPattern,
  modelWithEndlessTemplate,
  modelWithMarkupTokens,
} from "../tests/hostileModel";
import {
  chooseExample,
  editPanel,
  makeEdit,
  modelChip,
  openPage,
  PATIENCE,
  stateLine,
  traceIsDone,
  waitForModel,
} from "./lab";

const folders: string[] = [];
const made = (folder: string): string => {
  folders.push(folder);
  return folder;
};
test.afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

async function openFolder(page: Page, folder: string): Promise<void> {
  await modelChip(page).click();
  await page.getByLabel("A model's folder").setInputFiles(folder);
}

/** No element that a file asked for, and no text or label with a character that hides or reorders, save in fields. */
async function expectHarmless(page: Page): Promise<void> {
  expect(await page.title()).not.toContain("hacked");
  expect(await page.locator("img, [onerror]").count()).toBe(0);
  const found = await page.evaluate(() => {
    const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    const bad: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const texts =
        node instanceof Element
          ? [...node.attributes].filter(({ name }) => name !== "value").map(({ value }) => value)
          : [node.parentElement?.matches("textarea, script, style") ? "" : (node.nodeValue ?? "")];
      bad.push(...texts.filter((text) => unsafe.test(text)));
    }
    return bad;
  });
  expect(found).toEqual([]);
}

async function exported(page: Page, kind: string): Promise<string> {
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: kind }).click();
  return readFileSync(await (await download).path(), "utf8");
}

test("tokens, answers and edits that are markup stay text, in the page and in every export", async ({
  page,
}) => {
  const { problems } = await openPage(page);
  await openFolder(page, made(modelWithMarkupTokens()));
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: PATIENCE });
  await page.getByLabel("Prompt", { exact: true }).fill(MARKUP_PROMPT);
  await expect(page.locator("#ask ul")).toContainText("<img␣src=x␣onerror", { timeout: PATIENCE });
  await expectHarmless(page);

  // The page settles on the new question in its own time, and takes a trace of the old one away.
  await expect(async () => {
    await page.getByRole("button", { name: /^Trace( again)?$/u }).click();
    await traceIsDone(page, 20_000);
  }).toPass({ timeout: 2 * PATIENCE });
  await expect(page.locator("#trace-sentence")).toContainText("<img");
  await expectHarmless(page);
  const svg = await exported(page, "Drawing (SVG)");
  expect(svg).toContain("&#60;img");
  expect(svg).not.toMatch(/<img|[\u0000-\u0008\u202e\u001b]/u);
  const csv = await exported(page, "Table (CSV)");
  for (const line of csv.trimEnd().split("\r\n").slice(1)) expect(line).toMatch(/^\d+,"(?![=+\-@])/u);
  // A browser reads the drawing as what it is: no element of it is an image.
  const names = await page.evaluate((text) => {
    const drawing = new DOMParser().parseFromString(text, "image/svg+xml");
    return [...new Set([...drawing.querySelectorAll("*")].map(({ localName }) => localName))].sort();
  }, svg);
  expect(names).toEqual(["rect", "svg", "text"]);

  expect(problems).toEqual([]);
});

test("an edit file whose names are markup opens as text", async ({ page }) => {
  const { problems } = await openPage(page);
  await chooseExample(page, "Geography", "Norway");
  await makeEdit(page);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const path = await (await download).path();
  const renamed = `${path}.palimpsest`;
  writeFileSync(renamed, withName(readFileSync(path), MARKUP));
  await page.getByLabel("Open an edit file").setInputFiles(renamed);
  await expect(editPanel(page)).toContainText("=<img src=x", { timeout: PATIENCE });
  await page
    .getByRole("button", { name: /^More about/u })
    .first()
    .click();
  await expectHarmless(page);
  expect(problems).toEqual([]);
});

test("an architecture in markup is refused by its name, as text", async ({ page }) => {
  await openPage(page);
  await openFolder(page, made(modelOfMarkupArchitecture()));
  await expect(page.getByRole("dialog")).toContainText("<img src=x onerror", { timeout: PATIENCE });
  await expectHarmless(page);
});

test("a splitting pattern without end is stopped, its file named, and the edits are back", async ({
  page,
}) => {
  await openPage(page);
  await openFolder(page, made(modelWithEndlessPattern()));
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: PATIENCE });
  const prompt = page.getByLabel("Prompt", { exact: true });
  await prompt.fill("Norway's capital is the city of");
  await expect(page.locator("#ask ul li").first()).toBeVisible({ timeout: PATIENCE });
  await page.getByLabel("New answer").fill("Rome");
  await makeEdit(page);
  const line = await stateLine(page).textContent();

  await prompt.fill("a".repeat(3000));
  // Fifteen seconds of nothing, then the worker is ended and another loads the model and the edit.
  await expect(
    page.getByText(/tokenizer \(tokenizer\.json\) was still running after 15 s/u).first(),
  ).toBeVisible({ timeout: PATIENCE });
  await prompt.fill("Norway's capital is the city of");
  await waitForModel(page);
  await expect(stateLine(page)).toHaveText(line ?? "", { timeout: PATIENCE });
  await expect(page.locator("#ask ul li").first()).toBeVisible({ timeout: PATIENCE });
});

test("a chat template without end is stopped by its budget", async ({ page }) => {
  await openPage(page);
  await openFolder(page, made(modelWithEndlessTemplate()));
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: PATIENCE });
  await page.getByLabel("Prompt", { exact: true }).fill("Hello");
  await page.getByRole("button", { name: "How it writes" }).click();
  await page.getByRole("switch", { name: "As a chat message" }).click({ force: true });
  await page.keyboard.press("Escape");
  await page
    .getByRole("button", { name: /^(Continue|Write)/u })
    .first()
    .click();
  await expect(page.locator("#ask").getByRole("alert")).toContainText("it runs without end", {
    timeout: PATIENCE,
  });
});

/** An edit file with its first edit renamed: the name is in the header's document, the numbers stay. */
function withName(file: Buffer, name: string): Buffer {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as {
    __metadata__: Record<string, string>;
  };
  const document = JSON.parse(header.__metadata__["palimpsest"]!) as { edits: { name: string }[] };
  document.edits[0]!.name = name;
  header.__metadata__["palimpsest"] = JSON.stringify(document);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, file.subarray(8 + length)]);
}
