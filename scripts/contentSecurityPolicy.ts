/** The page's content security policy: as a meta tag in the built page and as a header from the dev server. */
import type { Plugin } from "vite";

const HUB_HOSTS = "https://huggingface.co https://*.hf.co";

/**
 * Directives, joined. Mantine writes <style> elements, hence 'unsafe-inline' for styles only; tfjs fetches its binary
 * by an address, which for one that was made fit for threads is a blob's.
 */
export function policy(connectExtra = ""): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `connect-src 'self' blob: ${HUB_HOSTS}${connectExtra}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** In development React refresh needs inline scripts and a socket, so only the built page carries the policy. */
export function contentSecurityPolicy(development: boolean): Plugin {
  return {
    name: "content-security-policy",
    transformIndexHtml: () =>
      development
        ? []
        : [
            {
              tag: "meta",
              attrs: { "http-equiv": "Content-Security-Policy", content: policy() },
              injectTo: "head-prepend",
            },
          ],
  };
}
