/** The most bytes of tensors alive at one time while something runs, for tests of memory estimates. */
import { engine } from "@tensorflow/tfjs-core";

type Info = { bytes: number };
type TensorInfos = {
  set(id: object, info: Info): unknown;
  get(id: object): Info | undefined;
  delete(id: object): boolean;
};

/**
 * Bytes beyond those alive at the start. Counted by data, as backends hold it: tfjs's own `numBytes` counts a reshaped
 * tensor's once more. Scratch that a kernel frees before it returns is not seen.
 */
export async function peakBytes(body: () => Promise<unknown>): Promise<number> {
  const infos = (engine() as unknown as { state: { tensorInfo: TensorInfos } }).state.tensorInfo;
  const { set, delete: remove } = infos;
  let [now, peak] = [0, 0];
  infos.set = (id, info) => {
    now += info.bytes;
    peak = Math.max(peak, now);
    return set.call(infos, id, info);
  };
  infos.delete = (id) => {
    now -= infos.get(id)?.bytes ?? 0;
    return remove.call(infos, id);
  };
  try {
    await body();
  } finally {
    Object.assign(infos, { set, delete: remove });
  }
  return peak;
}
