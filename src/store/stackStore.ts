/** The edits on the model: order, switches, names, files. The worker owns the truth; this holds its last answer. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { StackState as Stack } from "../domain/edit";
import type { ExportFormat, ExportResult } from "../domain/export";
import type { Lab } from "../workers/client";
import { createRun, IDLE, type Run } from "./run";

export type StackStoreState = {
  stack: Stack | undefined;
  /** The change under way, or why the last one was refused. */
  change: Run<Stack>;
  /** A file refused because it was made on another revision of this model; the user may open it all the same. */
  refusedFile: File | undefined;
  refresh(): Promise<void>;
  setEnabled(id: string, enabled: boolean): Promise<void>;
  remove(id: string): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  move(id: string, to: number): Promise<void>;
  /** Removes every edit above the lowest `count`. */
  keepFirst(count: number): Promise<void>;
  /** The stack as a `.palimpsest` file. */
  save(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  open(file: File, acceptOtherRevision: boolean): Promise<boolean>;
  /** Edits that were set aside take the place of those on the model. */
  putBack(keepPresent: boolean): Promise<void>;
  /** The way to other programs: under way, or what was found on reading the files again. */
  exporting: Run<ExportResult>;
  export(format: ExportFormat): Promise<ExportResult | undefined>;
  /** An edit was just made: the lab's answer holds the new stack. */
  adopt(stack: Stack): void;
  forget(): void;
};

export type StackStore = StoreApi<StackStoreState>;

type StackLab = Pick<
  Lab,
  | "stack"
  | "setEditEnabled"
  | "removeEdit"
  | "renameEdit"
  | "moveEdit"
  | "saveEdits"
  | "openEdits"
  | "keepFirstEdits"
  | "putEditsBack"
  | "exportEdits"
>;

export function createStackStore(lab: StackLab): StackStore {
  return createStore<StackStoreState>()((set, get) => {
    const changing = createRun<Stack>((change) => set({ change }));
    const saving = createRun<{ bytes: Uint8Array<ArrayBuffer> }>((run) => {
      if (run.status === "failed") set({ change: run });
    });
    const leaving = createRun<ExportResult>((exporting) => set({ exporting }));
    type Job = Parameters<typeof changing.start>[0];
    const change = async (job: Job): Promise<boolean> => {
      const stack = await changing.start(job);
      // What was said of an export was said of the stack before.
      if (stack !== undefined) set({ stack, exporting: IDLE });
      return stack !== undefined;
    };

    return {
      stack: undefined,
      change: IDLE,
      exporting: IDLE,
      refusedFile: undefined,

      refresh: async () => void (await change((context) => lab.stack({}, context))),
      setEnabled: async (id, enabled) =>
        void (await change((context) => lab.setEditEnabled({ id, enabled }, context))),
      remove: async (id) => void (await change((context) => lab.removeEdit({ id }, context))),
      rename: async (id, name) => void (await change((context) => lab.renameEdit({ id, name }, context))),
      keepFirst: async (count) => void (await change((context) => lab.keepFirstEdits({ count }, context))),
      move: async (id, to) => void (await change((context) => lab.moveEdit({ id, to }, context))),

      save: async () => (await saving.start((context) => lab.saveEdits({}, context)))?.bytes,
      open: async (file, acceptOtherRevision) => {
        set({ refusedFile: undefined });
        const isOpen = await change(async (context) => {
          const bytes = new Uint8Array(await file.arrayBuffer());
          return lab.openEdits({ bytes, fileName: file.name, acceptOtherRevision }, context);
        });
        const { change: outcome } = get();
        const mayInsist = outcome.status === "failed" && outcome.error.details.canAccept === true;
        if (mayInsist) set({ refusedFile: file });
        return isOpen;
      },
      putBack: async (keepPresent) =>
        void (await change((context) => lab.putEditsBack({ keepPresent }, context))),
      export: (format) => leaving.start((context) => lab.exportEdits({ format }, context)),
      adopt: (stack) => set({ stack, change: IDLE, exporting: IDLE }),
      forget: () => {
        leaving.stop();
        set({ stack: undefined, change: IDLE, exporting: IDLE });
      },
    };
  });
}

/** How many edits are switched on. */
export function enabledCount(stack: Stack | undefined): number {
  return stack?.edits.filter((edit) => edit.enabled).length ?? 0;
}
