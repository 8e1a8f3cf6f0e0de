/**
 * The edit stack: an ordered list of edits over the checkpoint's weights. The weights in use always have the bits of the
 * checkpoint with the edits added in order, each rounded once: an edit on top is added to what is there, which is the same
 * sum; anything else is recomputed from the checkpoint. So switching an edit off, on, or removing it gives back the same bits.
 * Computing edits is methods/; files are editFile.ts.
 */
import type { EditSummary, KeptKeys, StackState, UpdateSummary, WeightUpdate } from "../domain/edit";
import type { SentenceEncoder } from "../domain/encoder";
import type { ModelWeights } from "../model/weights";
import { AppError } from "../lib/errors";
import { sha256 } from "../lib/sha256";
import { aroundModel } from "./around/recall";
import { BesideAdapters, type Beside } from "./besideAdapters";
import { createEdited, readBaseWeight, type EditedWeight } from "./editedWeight";
import { addUpdate, digestEdit, summariseUpdate } from "./weightUpdates";

/** An edit as a method hands it over, before the stack gives it an id and a place. */
export type ComputedEdit = Omit<EditSummary, "id" | "updates" | "base" | "enabled" | "onOtherBase"> & {
  updates: readonly WeightUpdate[];
  /** Keys that later edits of methods with a memory leave alone. */
  keptKeys?: readonly KeptKeys[];
} & Beside;

/** An edit in the stack, with its tensors. `below` are the digests of the enabled edits it was computed on. */
export type StackedEdit = ComputedEdit & {
  id: string;
  enabled: boolean;
  digest: string;
  base: { modelHash: string; below: string[] };
};

/** A matrix or vector in use: which edits it was made from, and the hash of its values. */
type Override = { weight: EditedWeight; madeFrom: readonly string[]; hash: string };
type Overrides = ReadonlyMap<string, Override>;

export class EditStack {
  readonly #weights: ModelWeights;
  readonly #baseHash: string;
  readonly #adapters: BesideAdapters;
  readonly #sentenceEncoder: SentenceEncoder | undefined;
  #edits: readonly StackedEdit[] = [];
  #overrides: Overrides = new Map();
  #summaries = new Map<string, UpdateSummary[]>();
  #weightHash: string;
  #lastId = 0;

  /** @param sentenceEncoder compares texts for edits around the model that were made with one */
  constructor(weights: ModelWeights, baseHash: string, sentenceEncoder?: SentenceEncoder) {
    this.#sentenceEncoder = sentenceEncoder;
    this.#weights = weights;
    this.#baseHash = baseHash;
    this.#adapters = new BesideAdapters(weights);
    this.#weightHash = baseHash;
  }

  get edits(): readonly StackedEdit[] {
    return this.#edits;
  }

  get state(): StackState {
    const below: string[] = [];
    const edits = this.#edits.map((edit) => {
      const summary = this.#summary(edit, below);
      if (edit.enabled) below.push(edit.digest);
      return summary;
    });
    const on = below.length;
    return {
      edits,
      weightHash: this.#weightHash,
      line: on === 0 ? "base model" : `base + ${on} ${on === 1 ? "edit" : "edits"}`,
    };
  }

  /** Puts an edit that was computed on the weights in use on top, and switches it on. Returns its id. */
  async add(computed: ComputedEdit): Promise<string> {
    const id = `edit-${this.#lastId + 1}`;
    const edit = await this.#place(computed, id, this.#edits);
    await this.#use([...this.#edits, edit]);
    this.#lastId += 1;
    return id;
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    this.#find(id);
    await this.#use(this.#edits.map((edit) => (edit.id === id ? { ...edit, enabled } : edit)));
  }

  async remove(id: string): Promise<void> {
    this.#find(id);
    await this.#use(this.#edits.filter((edit) => edit.id !== id));
  }

  async rename(id: string, name: string): Promise<void> {
    this.#find(id);
    await this.#use(this.#edits.map((edit) => (edit.id === id ? { ...edit, name } : edit)));
  }

  /** Moves an edit to position `to` (0 is the lowest); positions outside the stack mean its ends. */
  async move(id: string, to: number): Promise<void> {
    const edit = this.#edits[this.#find(id)]!;
    const rest = this.#edits.filter((other) => other !== edit);
    const place = Math.max(0, Math.min(rest.length, Math.trunc(to)));
    await this.#use([...rest.slice(0, place), edit, ...rest.slice(place)]);
  }

  /**
   * Computes an edit again on the weights below it. `compute` runs with only the lower edits in use; whatever it
   * does, the stack is whole again afterwards. The edit keeps its id, place and name, and is switched on.
   */
  async recompute(id: string, compute: (edit: StackedEdit) => Promise<ComputedEdit>): Promise<void> {
    const index = this.#find(id);
    const before = this.#edits;
    const edit = before[index]!;
    const below = before.slice(0, index);
    let replaced: readonly StackedEdit[] = before;
    try {
      await this.#use(below);
      const computed = await compute(edit);
      replaced = before.with(index, await this.#place({ ...computed, name: edit.name }, id, below));
    } finally {
      await this.#use(replaced);
    }
  }

  /** Replaces the whole stack, as when a file is opened. Ids are given anew. */
  async replaceAll(edits: readonly StackedEdit[]): Promise<void> {
    const placed = edits.map((edit, index) => ({ ...edit, id: `edit-${index + 1}` }));
    await this.#use(placed);
    this.#lastId = placed.length;
  }

  /** Puts edits made elsewhere on top, switched off: the weights in use stay as they are. */
  async join(edits: readonly StackedEdit[]): Promise<void> {
    const placed = edits.map((edit, index) => ({
      ...edit,
      id: `edit-${this.#lastId + 1 + index}`,
      enabled: false,
    }));
    await this.#use([...this.#edits, ...placed]);
    this.#lastId += placed.length;
  }

  /** Takes a list into use that `edits` gave earlier. */
  async goBackTo(edits: readonly StackedEdit[]): Promise<void> {
    await this.#use(edits);
  }

  /** Gives the checkpoint's weights back to the model and frees everything the stack holds. */
  async clear(): Promise<void> {
    await this.#use([]);
  }

  async #place(computed: ComputedEdit, id: string, below: readonly StackedEdit[]): Promise<StackedEdit> {
    const base = { modelHash: this.#baseHash, below: enabledDigests(below) };
    const digest = await digestEdit(computed);
    return { ...computed, id, enabled: true, digest, base };
  }

  #find(id: string): number {
    const index = this.#edits.findIndex((edit) => edit.id === id);
    if (index >= 0) return index;
    throw new AppError(
      "bad-request",
      `There is no edit “${id}” in the stack.`,
      "List the stack to see its edits.",
    );
  }

  /** `below`: digests of the enabled edits beneath. */
  #summary(
    {
      updates,
      keptKeys: _keys,
      codebook: _codebook,
      sideMemory: _sideMemory,
      memory: _memory,
      digest,
      ...edit
    }: StackedEdit,
    below: readonly string[],
  ): EditSummary {
    const { base } = edit;
    const sameBase = base.modelHash === this.#baseHash && isSameList(base.below, below);
    return {
      ...edit,
      updates: this.#summaries.get(digest) ?? [],
      // Their number: the digests themselves would grow with the square of a long sequence.
      base: { modelHash: base.modelHash, below: base.below.length },
      onOtherBase: !sameBase,
    };
  }

  /** Takes a list of edits into use: first everything new is made, then all of it is swapped in at once. */
  async #use(edits: readonly StackedEdit[]): Promise<void> {
    const made = new Map<string, Override>();
    try {
      for (const name of weightsOf(edits)) made.set(name, await this.#overrideFor(name, edits));
      for (const edit of edits) await this.#summarise(edit);
      this.#weightHash = await this.#hash(made, edits);
    } catch (error) {
      disposeAllBut(this.#overrides, made);
      throw error;
    }
    this.#adapters.use(edits);
    const memories = edits.flatMap(({ enabled, memory }) => (enabled && memory ? [memory] : []));
    this.#weights.surround(aroundModel(memories, this.#sentenceEncoder));
    for (const [name, { weight }] of this.#overrides) if (!made.has(name)) weight.takeAway();
    for (const { weight } of made.values()) weight.layOver();
    disposeAllBut(made, this.#overrides);
    this.#overrides = made;
    this.#edits = edits;
  }

  /**
   * The weight with the edits on it; the one in use when it comes from the same edits in the same order. Where more have
   * come on top of those, only they are added.
   */
  async #overrideFor(name: string, edits: readonly StackedEdit[]): Promise<Override> {
    const enabled = edits.filter(
      (edit) => edit.enabled && edit.updates.some((update) => update.weight === name),
    );
    const madeFrom = enabledDigests(enabled);
    const current = this.#overrides.get(name);
    const isBelow = current?.madeFrom.every((digest, at) => digest === madeFrom[at]) ?? false;
    if (current && isBelow && current.madeFrom.length === madeFrom.length) return current;
    const below = current && isBelow ? current.madeFrom.length : 0;
    const values = below > 0 ? await current!.weight.values() : await readBaseWeight(this.#weights, name);
    for (const edit of enabled.slice(below)) {
      for (const update of edit.updates) if (update.weight === name) addUpdate(values, update);
    }
    return { weight: createEdited(this.#weights, name, values), madeFrom, hash: await sha256(values) };
  }

  async #summarise(edit: StackedEdit): Promise<void> {
    if (this.#summaries.has(edit.digest)) return;
    const summaries: UpdateSummary[] = [];
    for (const update of edit.updates) {
      summaries.push(summariseUpdate(update, await readBaseWeight(this.#weights, update.weight)));
    }
    this.#summaries.set(edit.digest, summaries);
  }

  /** The checkpoint's own hash while no edit is on, else a hash of it and of every edited matrix's bits. */
  async #hash(made: Overrides, edits: readonly StackedEdit[]): Promise<string> {
    const beside = edits
      .filter(({ enabled, codebook, sideMemory, memory }) => enabled && (codebook ?? sideMemory ?? memory))
      .map(({ digest }) => digest);
    if (made.size === 0 && beside.length === 0) return this.#baseHash;
    const parts = [...made].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, { hash }]) => [name, hash]);
    return sha256(this.#baseHash, ...parts, ...beside);
  }
}

function disposeAllBut(kept: Overrides, these: Overrides): void {
  for (const [name, { weight }] of these) if (kept.get(name)?.weight !== weight) weight.dispose();
}

/** Names of the weights that enabled edits change. */
const weightsOf = (edits: readonly StackedEdit[]): Set<string> =>
  new Set(edits.filter((edit) => edit.enabled).flatMap(({ updates }) => updates.map(({ weight }) => weight)));

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, at) => item === other[at]);

const enabledDigests = (edits: readonly StackedEdit[]): string[] =>
  edits.filter((edit) => edit.enabled).map((edit) => edit.digest);
