import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBackend, type EngineBackend } from "../backend";
import * as ops from "../ops";
import { dispose, memory, read, tensor, tidy, type Tensor } from "../tensor";
import { recordStep } from "./recordedStep";

let backend: EngineBackend;
beforeAll(async () => {
  backend = await startBackend("cpu", {});
});
afterAll(() => backend.dispose());

const x = () => tensor([0.5, -1, 2, 0.25, 1, -0.75], [2, 3]);
const noPause = () => Promise.resolve();

/** Each goes through a shape of tape that needs care: reuse, several outputs, a view, x handed through. */
const STEPS: Record<string, (x: Tensor) => Tensor> = {
  reuse: (x) => ops.add(ops.mul(x, x), ops.scale(x, 3)),
  split: (x) => {
    const [head, tail] = ops.split(x, [1, 1], 0) as [Tensor, Tensor];
    return ops.concat([ops.square(tail), head], 0);
  },
  partOfSplit: (x) => {
    const [, tail] = ops.split(x, [1, 1], 0) as [Tensor, Tensor];
    return ops.concat([tail, ops.square(tail)], 0);
  },
  view: (x) => ops.reshape(ops.square(ops.reshape(x, [6])), [2, 3]),
  through: (x) => x,
};

describe("steps recorded one by one", () => {
  test.each(Object.keys(STEPS))("%s: the same value and gradient as in one go", async (name) => {
    const step = STEPS[name]!;
    const input = x();
    const before = memory();
    const total = (y: Tensor): Tensor => ops.sum(ops.mul(y, ops.square(y)));
    const whole = ops.valueAndGradient((y) => total(step(STEPS["reuse"]!(y))), input);
    const chain = [STEPS["reuse"]!, step, total];
    const inSteps = await ops.valueAndGradientInSteps(chain, input, noPause);
    expect(await read(inSteps.value)).toEqual(await read(whole.value));
    const expected = await read(whole.gradient);
    (await read(inSteps.gradient!)).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 4));
    dispose(inSteps.value, inSteps.gradient, whole.value, whole.gradient);
    expect(memory()).toEqual(before);
    dispose(input);
  });

  test("no way back where the value is enough, and nothing left behind", async () => {
    const input = x();
    const before = memory();
    const steps = [STEPS["reuse"]!, STEPS["split"]!, (y: Tensor) => ops.sum(y)];
    const seen: number[] = [];
    const { value, gradient } = await ops.valueAndGradientInSteps(steps, input, noPause, async (found) => {
      seen.push((await read(found))[0]!);
      return false;
    });
    expect(gradient).toBeUndefined();
    expect(seen).toEqual([...(await read(value))]);
    dispose(value);
    expect(memory()).toEqual(before);
    dispose(input);
  });

  test("a pause that throws, on the way there or back, leaves nothing behind", async () => {
    const input = x();
    const before = memory();
    for (let moment = 0; moment < 6; moment++) {
      let left = moment;
      const pause = () => (left-- === 0 ? Promise.reject(new Error("enough")) : Promise.resolve());
      const steps = [STEPS["reuse"]!, STEPS["split"]!, (y: Tensor) => ops.sum(y)];
      await expect(ops.valueAndGradientInSteps(steps, input, pause)).rejects.toThrow("enough");
      expect(memory()).toEqual(before);
    }
    dispose(input);
  });

  test("a step that throws frees what it had recorded", () => {
    const input = x();
    const before = memory();
    const failing = (y: Tensor): Tensor => {
      ops.softmax(ops.square(y));
      throw new Error("broken");
    };
    expect(() => recordStep(failing, input)).toThrow("broken");
    expect(memory()).toEqual(before);
    dispose(input);
  });

  test("a value that does not depend on the argument has no gradient", () => {
    const input = x();
    const step = recordStep(() => tensor([1], [1]), input);
    expect(() => tidy(() => step.gradient(tensor([1], [1])))).toThrow(/depends on its argument/);
    step.dispose();
    dispose(input);
  });

  test("a chain that ends in more than one number is refused", async () => {
    const input = x();
    const before = memory();
    await expect(ops.valueAndGradientInSteps([STEPS["view"]!], input, noPause)).rejects.toThrow(/scalar/);
    expect(memory()).toEqual(before);
    dispose(input);
  });
});
