/**
 * main.ts starts the lab's worker and only then imports the page. Links in the built page let the browser fetch the
 * page's code and style meanwhile, not when main.ts has come so far; and that code is one file, whatever of it the
 * workspaces that come later share.
 */
import { join } from "node:path";
import type { HtmlTagDescriptor, Plugin } from "vite";

const PAGE = /\/src\/startPage\.tsx$/u;

type Bundle = NonNullable<Parameters<Extract<Plugin["generateBundle"], (...args: never[]) => unknown>>[1]>;
type Chunk = Extract<Bundle[string], { type: "chunk" }>;

/** The chunk and all it imports statically, the chunk first. */
function withImports(chunk: Chunk, bundle: Bundle, found = new Set<Chunk>()): Set<Chunk> {
  found.add(chunk);
  for (const name of chunk.imports) {
    const imported = bundle[name];
    if (imported?.type === "chunk" && !found.has(imported)) withImports(imported, bundle, found);
  }
  return found;
}

const fileOf = (name: string): string => join(import.meta.dirname, "../src", name).replaceAll("\\", "/");

type Modules = { getModuleInfo(id: string): { importedIds: readonly string[] } | null };

function reachableFrom(id: string, modules: Modules, found = new Set<string>()): Set<string> {
  found.add(id);
  for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) {
    if (!found.has(imported)) reachableFrom(imported, modules, found);
  }
  return found;
}

/**
 * Parts of packages that only later pieces of the page share: what floats above it; and the packages' tables of
 * contents, which would bring all of it along.
 */
const LATER =
  /floating-ui|remove-scroll|tabbable|\/Floating\/|\/(?:FocusTrap|Popover|Menu|Modal|ModalBase|Drawer|Combobox|ScrollArea|Switch)\/|@mantine\/.*\/index\.mjs/u;

/**
 * What the page shares with later workspaces is one file, with all that it needs: by itself every set of sharers gets a
 * file of its own, sixty in all.
 */
export function sharedFile(): {
  name: (id: string, modules: Modules) => string | null;
  minShareCount: number;
} {
  let page: Set<string> | undefined;
  return {
    name: (id, modules) => {
      page ??= reachableFrom(fileOf("startPage.tsx"), modules);
      return !page.has(id) || LATER.test(id) ? null : "shared";
    },
    minShareCount: 2,
  };
}

export function preloadPage(): Plugin {
  return {
    name: "preload-page",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const page = Object.values(bundle).find(
          (item): item is Chunk => item.type === "chunk" && PAGE.test(item.facadeModuleId ?? ""),
        );
        if (page === undefined) throw new Error("the page's own code is no chunk of the bundle");
        const chunks = [...withImports(page, bundle)];
        const styles = new Set(chunks.flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]));
        const link = (rel: string, file: string): HtmlTagDescriptor => ({
          tag: "link",
          attrs: { rel, crossorigin: true, href: `./${file}` },
          injectTo: "head",
        });
        return [
          ...chunks.map(({ fileName }) => link("modulepreload", fileName)),
          ...[...styles].map((file) => link("stylesheet", file)),
        ].filter(({ attrs }) => !html.includes(`"${String(attrs?.["href"])}"`));
      },
    },
  };
}
