/**
 * A model of the hub through the cache: from there when it is there, into it when it fits, past it when it does not.
 * Without a network, the newest kept version of the repository serves.
 */
import { AppError } from "../../lib/errors";
import type { CachedModel, ModelCache } from "../cache/modelCache";
import { assertReference, type HubReference } from "./hubAccess";
import { openHubModel, type HubContext, type HubModel } from "./openHubModel";

export type CachedHubModel = Pick<HubModel, "ref" | "files" | "licence"> & {
  /** For the user, when the model was not kept or may be outdated. */
  notice?: string;
};

/**
 * @param cache undefined where the browser has no storage
 * @throws AppError as openHubModel does
 */
export async function openCachedHubModel(
  reference: HubReference,
  context: HubContext & { cache: ModelCache | undefined },
): Promise<CachedHubModel> {
  const { cache } = context;
  assertReference(reference);
  if (!cache)
    return {
      ...(await openHubModel(reference, context)),
      notice: "The browser gives no storage here, so the model is not kept.",
    };

  const named = await cache.find(`hf:${reference.repository}@${reference.revision}`);
  if (named) return named;
  let model: HubModel;
  try {
    model = await openHubModel(reference, context);
  } catch (error) {
    const kept = error instanceof AppError && error.code === "network" && (await newest(cache, reference));
    if (!kept) throw error;
    return {
      ...kept,
      notice: `The hub cannot be reached; this is the version kept on ${kept.created.slice(0, 10)}.`,
    };
  }
  const stored =
    (await cache.find(model.ref)) ?? (await cache.store({ ...model, revision: reference.revision }, context));
  return "refused" in stored ? { ...model, notice: stored.refused } : stored;
}

/** The newest version kept under the same branch or tag. */
async function newest(
  cache: ModelCache,
  { repository, revision }: HubReference,
): Promise<CachedModel | undefined> {
  const kept = await cache.list();
  return kept.find((model) => model.ref.startsWith(`hf:${repository}@`) && model.revision === revision);
}
