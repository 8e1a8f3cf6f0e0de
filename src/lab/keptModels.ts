/** The hub's models that the browser keeps: listed with what they take up, and removed. */
import type { KeptModels, StorageSpace } from "../domain/modelInspection";
import type { ModelCache } from "../loading/cache/modelCache";
import type { LabEnvironment } from "./environment";

/** What the browser allows this page, as far as it says. */
export async function storageSpace(cache: ModelCache | undefined): Promise<StorageSpace> {
  if (!cache) return { isAvailable: false, used: undefined, quota: undefined };
  const { used, quota } = await cache.usage();
  return { isAvailable: true, used, quota };
}

export async function keptModels(environment: LabEnvironment): Promise<KeptModels> {
  const cache = await environment.modelCache();
  const storage = await storageSpace(cache);
  const models = ((await cache?.list()) ?? []).map(({ ref, revision, bytes, licence, created }) => ({
    ref,
    revision,
    bytes,
    licence,
    created,
  }));
  return { models, bytes: models.reduce((sum, { bytes }) => sum + bytes, 0), storage };
}

/** @throws AppError storage when another tab is using the model */
export async function removeKeptModel(
  environment: LabEnvironment,
  { ref }: { ref: string },
): Promise<KeptModels> {
  await (await environment.modelCache())?.remove(ref);
  return keptModels(environment);
}
