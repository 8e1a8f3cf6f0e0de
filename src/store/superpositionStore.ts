/**
 * Superposition of a list of facts: layers as they have been computed, the one on the screen, the cell under the cursor,
 * the chosen pair; and kurtosis by layer of every model looked at, which outlives the model.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { LoadedModel } from "../domain/model";
import type {
  Fact,
  FactPair,
  LayerSuperposition,
  SameKey,
  SkippedFact,
  SuperpositionResult,
} from "../domain/superposition";
import type { Lab } from "../workers/client";
import { keepSizes, recallSizes, withSize, type SizeEntry } from "./keptSizes";
import { createRun, IDLE, type Run } from "./run";

/** A layer as it is drawn. `values` [n, n] of P, absent where only its numbers were asked for. */
export type LayerView = Omit<LayerSuperposition, "matrices"> & {
  values: Float32Array<ArrayBuffer> | undefined;
};

/** What was compared; places in the matrices are places in `facts`. */
export type Compared = {
  facts: readonly Fact[];
  name: string;
  model: string;
  /** 'base model' or 'base + n edits'. */
  weightsLine: string;
  skipped: readonly SkippedFact[];
  sameKeys: readonly SameKey[];
  /** Facts given, the ones left out among them. */
  given: number;
  milliseconds: number;
};

export type Cell = { i: number; j: number };

export type SuperpositionState = {
  run: Run<SuperpositionResult>;
  compared: Compared | undefined;
  layers: ReadonlyMap<number, LayerView>;
  warnings: readonly string[];
  layer: number;
  isClustered: boolean;
  /** Under the cursor; and the pair that was chosen. */
  cell: Cell | undefined;
  pair: Cell | undefined;
  sizes: readonly SizeEntry[];
  analyse(facts: readonly Fact[], about: About): Promise<void>;
  /** Goes to a layer; computes its matrix where it has none yet. */
  chooseLayer(layer: number): Promise<void>;
  /** Every layer's numbers, without matrices where the list is long. */
  computeAll(): Promise<void>;
  setClustered(isClustered: boolean): void;
  point(cell: Cell | undefined): void;
  choosePair(pair: Cell | undefined): void;
  /** Another model: what was compared no longer belongs to it; the sizes stay. */
  forget(): void;
};

export type About = { name: string; model: LoadedModel; weightsLine: string; layer: number };

export type SuperpositionStore = StoreApi<SuperpositionState>;

/** Up to here every layer's matrix comes in one go; beyond, each when it is looked at. */
const ALL_AT_ONCE = 320;
const PAIRS = 60;
/** Matrices of other layers are let go when all together hold more numbers than this. */
const MOST_VALUES = 24e6;

type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

export function createSuperpositionStore(
  lab: Pick<Lab, "superposition">,
  storage: Storage | undefined = globalThis.localStorage,
): SuperpositionStore {
  return createStore<SuperpositionState>()((set, get) => {
    const driver = createRun<SuperpositionResult>((run) => set({ run }));
    let given: readonly Fact[] = [];
    let model: LoadedModel | undefined;

    const compute = async (layers: readonly number[] | undefined, isWhole: boolean): Promise<boolean> => {
      const extras = isWhole ? ({ matrices: ["interference"], order: true } as const) : {};
      const chosen = layers === undefined ? {} : { layers };
      const result = await driver.start((context) =>
        lab.superposition({ facts: given, pairs: PAIRS, pairsApart: true, ...chosen, ...extras }, context),
      );
      if (result === undefined) return false;
      set(joined(get(), result, given));
      const { compared, layers: found } = get();
      if (model !== undefined && compared !== undefined && found.size === model.layers) {
        const sizes = withSize(get().sizes, model, compared, [...found.values()]);
        keepSizes(storage, sizes);
        set({ sizes });
      }
      return true;
    };

    return {
      run: IDLE,
      compared: undefined,
      layers: new Map(),
      warnings: [],
      layer: 0,
      isClustered: true,
      cell: undefined,
      pair: undefined,
      sizes: recallSizes(storage),

      analyse: async (facts, about) => {
        given = facts;
        model = about.model;
        const { layer, name, weightsLine } = about;
        const compared = {
          ...{ facts: [], name, model: about.model.ref, weightsLine },
          ...{ skipped: [], sameKeys: [], given: facts.length, milliseconds: 0 },
        };
        set({ compared, layers: new Map(), warnings: [], layer, cell: undefined, pair: undefined });
        const isDone = await compute(facts.length <= ALL_AT_ONCE ? undefined : [layer], true);
        if (!isDone && get().layers.size === 0) set({ compared: undefined });
      },
      chooseLayer: async (layer) => {
        set({ layer, cell: undefined });
        if (get().compared === undefined || get().layers.get(layer)?.values !== undefined) return;
        await compute([layer], true);
      },
      computeAll: async () => {
        const { layers } = get();
        const count = model?.layers ?? 0;
        const missing = Array.from({ length: count }, (_, layer) => layer).filter((one) => !layers.has(one));
        if (missing.length > 0) await compute(missing, given.length <= ALL_AT_ONCE);
      },
      setClustered: (isClustered) => set({ isClustered }),
      point: (cell) => set({ cell }),
      choosePair: (pair) => set({ pair }),
      forget: () => {
        driver.stop();
        given = [];
        model = undefined;
        set({
          ...{ run: IDLE, compared: undefined, layers: new Map(), warnings: [] },
          ...{ cell: undefined, pair: undefined },
        });
      },
    };
  });
}

/** What a call has found beside what earlier calls for the same list have. */
function joined(
  state: SuperpositionState,
  result: SuperpositionResult,
  given: readonly Fact[],
): Partial<SuperpositionState> {
  const { kept, skipped, sameKeys, milliseconds } = result;
  const found = new Map(state.layers);
  for (const { matrices, ...layer } of result.layers) {
    const values = matrices.find(({ kind }) => kind === "interference")?.values;
    const earlier = found.get(layer.layer);
    found.set(layer.layer, { ...layer, values: values ? Float32Array.from(values) : earlier?.values });
  }
  const newest = result.layers.at(-1)?.layer;
  const layers = withinMemory(found, newest ?? state.layer);
  const { compared } = state;
  if (compared === undefined) return {};
  const warnings = [...new Set([...state.warnings, ...result.warnings])];
  return {
    layers,
    warnings,
    compared: {
      ...compared,
      facts: kept.map((place) => given[place]!),
      skipped,
      sameKeys: placed(sameKeys, kept),
      milliseconds: compared.milliseconds + milliseconds,
    },
  };
}

/** Same keys by places in the matrices. */
function placed(sameKeys: readonly SameKey[], kept: readonly number[]): SameKey[] {
  const place = new Map(kept.map((index, at) => [index, at]));
  return sameKeys.map((one) => ({ ...one, index: place.get(one.index)!, of: place.get(one.of)! }));
}

/** Matrices of long lists are large: the newest stays, others as long as there is room. */
function withinMemory(
  layers: ReadonlyMap<number, LayerView>,
  newest: number,
): ReadonlyMap<number, LayerView> {
  let room = MOST_VALUES - (layers.get(newest)?.values?.length ?? 0);
  return new Map(
    [...layers].map(([layer, view]) => {
      if (layer === newest || view.values === undefined) return [layer, view];
      room -= view.values.length;
      return [layer, room >= 0 ? view : { ...view, values: undefined }];
    }),
  );
}

/** Pairs worth showing: a pair that shares one key has p = 1 whatever the model knows, and is told apart. */
export function sharesKey(sameKeys: readonly SameKey[], { i, j }: Pick<FactPair, "i" | "j">): boolean {
  const root = (place: number): number => sameKeys.find(({ index }) => index === place)?.of ?? place;
  return root(i) === root(j);
}
