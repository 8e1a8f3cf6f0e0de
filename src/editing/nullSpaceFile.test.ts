import { describe, expect, test } from "vitest";
import { nullSpace } from "../linalg/nullSpace";
import { createMoments } from "./moments";
import { readNullSpace, writeNullSpace, type NullSpaceStore } from "./nullSpaceFile";
import type { SecondMoment } from "./secondMoment";
import type { Statistics } from "./statistics";

const WIDTH = 24;

/** Eight directions that are used much, the others little. */
function moment(scale = 1): SecondMoment {
  const values = new Float64Array(WIDTH * WIDTH);
  for (let i = 0; i < WIDTH; i++) {
    for (let j = 0; j < WIDTH; j++) {
      for (let k = 0; k < 8; k++) values[i * WIDTH + j]! += scale * Math.cos(i * k + k) * Math.cos(j * k + k);
    }
    values[i * WIDTH + i]! += 1e-3;
  }
  return { width: WIDTH, values, tokens: 100, convergence: [] };
}

const statisticsOf = (one: SecondMoment): Statistics => ({
  modelHash: "",
  textHash: "",
  layers: new Map([[0, one]]),
});

function memoryStore(): NullSpaceStore & { files: Map<string, Uint8Array<ArrayBuffer>>; reads: string[] } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const reads: string[] = [];
  return {
    files,
    reads,
    read: (name) => Promise.resolve((reads.push(name), files.get(name))),
    write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
  };
}

const open = (one: SecondMoment, store: NullSpaceStore) =>
  createMoments(statisticsOf(one), [0], WIDTH, undefined, store);

describe("null spaces on disk", () => {
  test.each([0.1, 1e6])("come back to the bit (threshold %d)", async (threshold) => {
    const space = nullSpace(moment().values, WIDTH, threshold);
    expect(await readNullSpace(writeNullSpace(space), WIDTH)).toEqual(space);
  });

  test("are decomposed once for the same statistics, in this session and in a later one", async () => {
    const store = memoryStore();
    const heard: number[] = [];
    const first = await open(moment(), store).nullSpace(0, 0.1, (done) => heard.push(done));
    expect(heard.every((done, at) => done >= (heard[at - 1] ?? 0) && done <= 1)).toBe(true);
    expect(heard.length).toBeGreaterThan(2);
    const later = await open(moment(), store).nullSpace(0, 0.1, () => expect.unreachable("computed again"));
    expect(later).toEqual(first);
    expect(store.files.size).toBe(1);
  });

  test("are not taken for other statistics or another threshold", async () => {
    const store = memoryStore();
    await open(moment(), store).nullSpace(0, 0.1);
    await open(moment(2), store).nullSpace(0, 0.1);
    await open(moment(), store).nullSpace(0, 0.2);
    expect(store.files.size).toBe(3);
    expect(new Set(store.reads).size).toBe(3);
  });

  test("that are damaged, or of another width, are computed again", async () => {
    const bytes = writeNullSpace(nullSpace(moment().values, WIDTH, 0.1));
    expect(await readNullSpace(bytes.slice(0, 100), WIDTH)).toBeUndefined();
    expect(await readNullSpace(bytes, WIDTH + 1)).toBeUndefined();
    const spoilt = bytes.slice();
    spoilt.fill(0xff, -8);
    expect(await readNullSpace(spoilt, WIDTH)).toBeUndefined();
    const store = memoryStore();
    store.read = () => Promise.resolve(spoilt);
    expect(await open(moment(), store).nullSpace(0, 0.1)).toEqual(nullSpace(moment().values, WIDTH, 0.1));
  });
});
