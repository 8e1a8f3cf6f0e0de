/** Lets waiting messages in (an abort above all) before going on; a promise alone would not. */

/** Browsers delay nested timers by 4 ms; a message to oneself comes back at once. */
function messageTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}

/** In Node an open port would either keep the process alive or let it end while a job waits. */
export const yieldToEvents: () => Promise<void> =
  typeof setImmediate === "function" ? () => new Promise((resolve) => setImmediate(resolve)) : messageTurn();
