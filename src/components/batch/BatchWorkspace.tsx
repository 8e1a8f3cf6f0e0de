/** Many edits: a list of requests written by one method, with what came of each. */
import compare from "../compare/compare.module.css";
import frame from "../App.module.css";
import { RequestListPanel } from "../requests/RequestListPanel";
import type { WorkspaceProps } from "../workspaces";
import { BatchPanel } from "./BatchPanel";

export default function BatchWorkspace({ gallery }: WorkspaceProps) {
  return (
    <main className={`${frame.workspace ?? ""} ${compare.columns ?? ""}`}>
      <RequestListPanel gallery={gallery} />
      <BatchPanel />
    </main>
  );
}
