/**
 * A model of the hub through the cache: from there when it is there, into it when it fits, past it when it does not.
 * Without a network, the newest kept version of the repository serves.
 */
import { AppError } from "../../lib/errors";
import type { CachedModel, ModelCache } from "../cache/modelCache";
import { assertReference, HUGGING_FACE, type HubReference } from "./hubAccess";
import { openHubModel, type HubContext, type HubModel } from "./openHubModel";

export type CachedHubModel = Pick<HubModel, "ref" | "files" | "licence"> & {
  /** For the user, when the model was not kept or may be outdated. */
  notice?: string;
};

/** `isKept`: its files are in the cache. */
type Found =
  { isKept: true; model: CachedModel; notice?: string } | { isKept: false; model: HubModel; notice?: never };

type CacheContext = HubContext & { cache: ModelCache | undefined };

/**
 * @param cache undefined where the browser has no storage
 * @throws AppError as openHubModel does
 */
export async function openCachedHubModel(
  reference: HubReference,
  context: CacheContext,
): Promise<CachedHubModel> {
  const { cache } = context;
  const { isKept, model, notice } = await find(reference, context);
  if (isKept) return { ...model, ...(notice !== undefined && { notice }) };
  if (!cache) return { ...model, notice: "The browser gives no storage here, so the model is not kept." };
  const stored = await cache.store({ ...model, revision: reference.revision }, context);
  return "refused" in stored ? { ...model, notice: stored.refused } : stored;
}

/**
 * The model's files as they would be opened, with nothing fetched but the hub's list of them.
 * @throws AppError as openHubModel does
 */
export async function peekHubModel(
  reference: HubReference,
  context: CacheContext,
): Promise<CachedHubModel & { isKept: boolean }> {
  const { isKept, model, notice } = await find(reference, context);
  return { ...model, isKept, ...(notice !== undefined && { notice }) };
}

async function find(reference: HubReference, context: CacheContext): Promise<Found> {
  const { cache } = context;
  assertReference(reference);
  const named = await cache?.find(`hf:${reference.repository}@${reference.revision}`);
  if (named) return { isKept: true, model: named };
  const kept = cache && (await newest(cache, reference));
  let model: HubModel;
  try {
    model = await openHubModel(reference, kept ? hurried(context) : context);
  } catch (error) {
    const isCut = error instanceof AppError && error.code === "network";
    if (!isCut || !kept) throw error;
    const notice = `The hub cannot be reached; this is the version kept on ${kept.created.slice(0, 10)}.`;
    return { isKept: true, model: kept, notice };
  }
  const stored = await cache?.find(model.ref);
  return stored ? { isKept: true, model: stored } : { isKept: false, model };
}

/** Whoever has a version already need not wait long for the news of another. */
const hurried = (context: CacheContext): CacheContext => ({
  ...context,
  access: { ...(context.access ?? HUGGING_FACE), listingTries: 2 },
});

/** The newest version kept under the same branch or tag. */
async function newest(
  cache: ModelCache,
  { repository, revision }: HubReference,
): Promise<CachedModel | undefined> {
  const kept = await cache.list();
  return kept.find((model) => model.ref.startsWith(`hf:${repository}@`) && model.revision === revision);
}
