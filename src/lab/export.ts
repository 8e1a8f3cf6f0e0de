/** The stack's way to other programs. */
import type { ExportRequest, ExportResult } from "../domain/export";
import type { CallContext } from "../domain/progress";
import { editFileModel } from "../editing/editFile";
import { exportEdits } from "../editing/export/exportEdits";
import { loadedModel, type Session } from "./session";

/** Throws AppError `bad-request`, naming the edit that a format cannot hold; `cancelled`. The stack is only read. */
export async function exportStack(
  session: Session,
  { format }: ExportRequest,
  context: CallContext<never>,
): Promise<ExportResult> {
  const { model, stack, info, source } = loadedModel(session);
  const stale = stack.state.edits.filter(({ onOtherBase }) => onOtherBase).map(({ id }) => id);
  const base =
    source.kind === "hub"
      ? { repository: source.repository, revision: source.revision }
      : { repository: null, revision: null };
  const input = { model, edits: stack.edits, stale, file: editFileModel(model, info.ref), base };
  return exportEdits(format, input, context);
}
