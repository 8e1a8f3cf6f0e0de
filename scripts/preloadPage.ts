/**
 * main.ts starts the lab's worker and only then imports the page. Links in the built page let the browser fetch the
 * page's code and style meanwhile, not when main.ts has come so far.
 */
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
