/**
 * The page's first step. The first example, and where there are cores for it the lab's worker, are on their way before
 * the page's own code has been read; that code follows in startPage.tsx.
 */
import { createLabClient, type ClientNotice } from "./workers/client";

/** A file that came with the page; undefined when it is missing or no JSON, the page then does without. */
async function fetchJson(path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, document.baseURI));
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

const early: ClientNotice[] = [];
const listener: { hear: (notice: ClientNotice) => void } = { hear: (notice) => void early.push(notice) };
const startLab = () => createLabClient((notice) => listener.hear(notice));

/** With two cores or fewer the worker would take the processor from the first paint, so the page's code goes first. */
const hasRoom = navigator.hardwareConcurrency > 2;
const started = hasRoom ? startLab() : undefined;
const examples = Promise.all([fetchJson("examples/gallery.json"), fetchJson("examples/stored.json")]);

const { startPage } = await import("./startPage");
const { lab } = started ?? startLab();
listener.hear = startPage(lab, await examples);
early.forEach((notice) => listener.hear(notice));
