/** The page's side of working without a network: starts the service worker and tells when a new version is there. */

export type OfflineNews =
  /** A new version has been fetched whole; `use` reloads the page with it. */
  | { kind: "update"; use: () => void }
  /** Another tab took the new version into use; this page goes on as it is. */
  | { kind: "replaced" };

const LEAST_BETWEEN_CHECKS = 3_600_000;

/** Browsers without service workers, and private windows that refuse them, go on as without this. */
export function keepOffline(
  onNews: (news: OfflineNews) => void,
  container: ServiceWorkerContainer | undefined = navigator.serviceWorker as
    ServiceWorkerContainer | undefined,
  reload: () => void = () => location.reload(),
): void {
  if (container === undefined) return;
  let isAsked = false;
  let wasControlled = container.controller !== null;

  container.addEventListener("controllerchange", () => {
    if (isAsked) reload();
    // The first worker of all changes nothing that could be seen.
    else if (wasControlled) onNews({ kind: "replaced" });
    wasControlled = true;
  });

  const offer = (worker: ServiceWorker): void =>
    onNews({
      kind: "update",
      use: () => {
        isAsked = true;
        worker.postMessage("use");
      },
    });
  const watch = (worker: ServiceWorker | null): void =>
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && wasControlled) offer(worker);
    });

  const start = async (): Promise<void> => {
    const registration = await container.register("sw.js", { updateViaCache: "none" });
    if (registration.waiting && wasControlled) offer(registration.waiting);
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
    checkWhenSeen(registration);
  };
  start().catch(() => undefined);
}

/** A page may stay open for days: it asks again when it is looked at. */
function checkWhenSeen(registration: ServiceWorkerRegistration): void {
  let last = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - last < LEAST_BETWEEN_CHECKS) return;
    last = Date.now();
    registration.update().catch(() => undefined);
  });
}
