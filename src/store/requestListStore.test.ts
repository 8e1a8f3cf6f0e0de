import { expect, test } from "vitest";
import { createRequestListStore, readableRequests } from "./requestListStore";

const PERU = {
  prompt: "The capital of {} is",
  subject: "Peru",
  targetNew: "Oslo",
  targetTrue: "Lima",
  paraphrases: ["Peru is ruled from"],
  neighbours: [{ prompt: "The capital of {} is", subject: "Chile", target: "Santiago" }],
};

test("a request of the page is read back as it was, and another joins it", async () => {
  const store = createRequestListStore();
  await store.getState().add([PERU]);
  await store.getState().add([{ ...PERU, subject: "Chile" }]);
  expect(readableRequests(store.getState().list)).toEqual([PERU, { ...PERU, subject: "Chile" }]);
});

test("only the words typed last are read", async () => {
  const store = createRequestListStore();
  store.getState().setText("subject\tprompt\ttarget_new\nPeru\t{} is in\tAsia");
  const first = store.getState().read();
  store.getState().setText("no table");
  await store.getState().read();
  await first;
  expect(store.getState()).toMatchObject({ list: undefined, error: { code: "bad-request" } });
  store.getState().setText(" ");
  await store.getState().read();
  expect(store.getState()).toMatchObject({ list: undefined, error: undefined });
});
