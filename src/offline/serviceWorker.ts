/** The service worker: what the browser tells it, handed to the offline site. Built alone, by scripts/offline.ts. */
import { createOfflineSite, type Site } from "./offlineSite";

/** Written in by the build. */
declare const SITE: Site;

const worker = self as unknown as ServiceWorkerGlobalScope;
const site = createOfflineSite(SITE, {
  scope: worker.registration.scope,
  caches,
  fetch: (request, options) => fetch(request, options),
});

worker.addEventListener("install", (event) => event.waitUntil(site.install()));
worker.addEventListener("activate", (event) =>
  event.waitUntil(site.activate().then(() => worker.clients.claim())),
);
worker.addEventListener("fetch", (event) => {
  const answer = site.answer(event.request);
  if (answer !== undefined) event.respondWith(answer);
});
// A new version waits until the user wants it, or until no page of the old one is open.
worker.addEventListener("message", ({ data }) => {
  if (data === "use") void worker.skipWaiting();
});
