/**
 * What every editing method is: its settings, what it needs, and a recipe that turns requests into updates as data.
 * The list of methods is methods.ts; checking requests and statistics before any work is computeEdit.ts.
 */
import type {
  Codebook,
  DemonstrationRecord,
  EditMemory,
  EditMethod,
  EditRequest,
  KeptKeys,
  OptimisationStep,
  Settings,
  SideMemory,
  WeightUpdate,
} from "../../domain/edit";
import type { MethodFamily } from "../../domain/methods";
import type { NullSpace } from "../../linalg/nullSpace";
import type { SpdFactor } from "../../linalg/solveSpd";
import type { TensorToWrite } from "../../loading/safetensors/writeSafetensors";
import type { Model } from "../../model/model";
import type { SentenceEncoder } from "../../domain/encoder";
import type { HyperNetwork } from "../hyperNetwork";
import type { KnownTargets } from "../knownTargets";
import type { SettingsDefinition } from "../settings/sharedSettings";

export type MethodResult = {
  updates: WeightUpdate[];
  /** One list per optimised vector. */
  losses: OptimisationStep[][];
  /** Sentences for the user. */
  warnings: string[];
  /** For `--dump`: named as in the fixtures. */
  intermediates: TensorToWrite[];
  /** The written facts' keys, for methods with a memory. */
  keptKeys?: KeptKeys[];
  /** What stands beside a map from now on. */
  codebook?: Codebook;
  sideMemory?: SideMemory;
  /** What stands around the model. */
  memory?: EditMemory;
};

export type MethodContext = {
  signal?: AbortSignal | undefined;
  onStep?: ((steps: readonly OptimisationStep[]) => void) | undefined;
};

/** Progress of a recipe: what is done, how far, and the losses so far where there are any. */
export type RecipeContext = {
  signal?: AbortSignal | undefined;
  report(note: string, done: number, total: number, losses?: readonly (readonly OptimisationStep[])[]): void;
};

/** Second moments of the layers a method asked for. Each is factored or decomposed once, when it is needed. */
export type Moments = {
  /** C [f, f]. */
  values(layer: number): Float64Array;
  factor(layer: number): Promise<SpdFactor>;
  /** `onFraction` hears how much of a decomposition is done. */
  nullSpace(layer: number, threshold: number, onFraction?: (done: number) => void): Promise<NullSpace>;
};

export type RecipeInput<S extends Settings> = {
  requests: readonly EditRequest[];
  settings: S;
  /** Context templates; the first one is `{}`, the bare prompt. */
  contexts: readonly string[];
  moments: Moments;
  /** Keys of the enabled edits below. */
  keptKeys: readonly KeptKeys[];
  /** What the enabled edits below put beside maps. */
  codebooks: readonly Codebook[];
  sideMemories: readonly SideMemory[];
  /** Texts whose hidden states should stay as they are, for methods that train on them. */
  preserve: readonly string[];
  /** There for methods that ask for one. */
  hyperNetwork?: HyperNetwork | undefined;
  /** Examples for methods around the model, where the caller brings any. */
  demonstrations?: readonly DemonstrationRecord[];
  /** Where there is one. */
  sentenceEncoder?: SentenceEncoder | undefined;
  /** Targets found before for the weights in use; new ones are added. */
  knownTargets?: KnownTargets;
  seed: number;
};

export type Method<S extends Settings = Settings> = {
  name: EditMethod;
  /** Where it works: the chooser's heading. */
  family: MethodFamily;
  /** One honest sentence for the chooser. */
  summary: string;
  /** What it changes, for the chooser. */
  changes: string;
  settings: SettingsDefinition<S>;
  /** Layers whose second moments it needs. */
  statisticsLayers(settings: S): readonly number[];
  /** It solves with C's factor, so that a ridge may have been needed. */
  solvesWithMoment: boolean;
  /** Throws AppError `bad-request` for settings that do not go together. */
  check?: (settings: S) => void;
  /** Throws AppError `bad-request` for a request this method cannot take. */
  checkRequest?: (request: EditRequest) => void;
  /** All requests in one edit, or one edit per request. */
  batch: boolean;
  /** Context templates to sample when none are given. */
  contexts: "rome" | "memit" | "none";
  /** The target may be long and the prompt a whole question; no subject is located in it. */
  longTargets: boolean;
  /** Needs a network that was trained to edit this very model. */
  hyperNetwork?: true;
  /** Needs texts to preserve. */
  preserves?: (settings: S) => number;
  run(model: Model, input: RecipeInput<S>, context: RecipeContext): Promise<MethodResult>;
};

/** A definition whose settings' type is its own affair: they only come from its own reader. */
export const method = <S extends Settings>(definition: Method<S>): Method => definition as unknown as Method;
