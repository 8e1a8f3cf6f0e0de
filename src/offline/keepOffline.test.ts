/** When the user hears of a new version, and whose page is reloaded for it. */
import { beforeEach, expect, test, vi } from "vitest";
import { keepOffline, type OfflineNews } from "./keepOffline";

class FakeWorker extends EventTarget {
  state: ServiceWorkerState = "installing";
  readonly told: unknown[] = [];
  postMessage(message: unknown): void {
    this.told.push(message);
  }
  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  find(worker: FakeWorker): void {
    this.installing = worker;
    this.dispatchEvent(new Event("updatefound"));
  }
}

class FakeContainer extends EventTarget {
  readonly registration = new FakeRegistration();
  controller: object | null;
  constructor(isControlled: boolean) {
    super();
    this.controller = isControlled ? {} : null;
  }
  register = () => Promise.resolve(this.registration);
}

beforeEach(() => vi.stubGlobal("document", new EventTarget()));

async function opened(isControlled: boolean) {
  const container = new FakeContainer(isControlled);
  const news: OfflineNews[] = [];
  const reload = vi.fn();
  keepOffline((one) => news.push(one), container as unknown as ServiceWorkerContainer, reload);
  await Promise.resolve();
  await Promise.resolve();
  return { container, news, reload, changed: () => container.dispatchEvent(new Event("controllerchange")) };
}

test("the first visit hears nothing; an update in the same visit is offered", async () => {
  const { container, news, reload, changed } = await opened(false);
  const worker = new FakeWorker();
  container.registration.find(worker);
  worker.become("installed");
  changed();
  expect(news).toEqual([]);
  const next = new FakeWorker();
  container.registration.find(next);
  next.become("installed");
  expect(news).toMatchObject([{ kind: "update" }]);
  expect(reload).not.toHaveBeenCalled();
});

test("a new version is offered; only the user's word reloads the page", async () => {
  const { container, news, reload, changed } = await opened(true);
  const worker = new FakeWorker();
  container.registration.find(worker);
  worker.become("installed");
  const [update] = news;
  if (update?.kind !== "update") throw new Error("no update was offered");
  expect(worker.told).toEqual([]);
  update.use();
  expect(worker.told).toEqual(["use"]);
  changed();
  expect(reload).toHaveBeenCalledOnce();
});

test("a version that another tab took into use leaves this page alone", async () => {
  const { news, reload, changed } = await opened(true);
  changed();
  expect(news).toEqual([{ kind: "replaced" }]);
  expect(reload).not.toHaveBeenCalled();
});

test("browsers that refuse are left in peace", async () => {
  const refusing = Object.assign(new EventTarget(), {
    controller: null,
    register: () => Promise.reject(new Error("SecurityError")),
  });
  const news: OfflineNews[] = [];
  keepOffline((one) => news.push(one), refusing as unknown as ServiceWorkerContainer, vi.fn());
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(news).toEqual([]);
});
