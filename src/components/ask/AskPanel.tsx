/** The question: its words, its tokens and subject, what the model says next and how it writes on. */
import { Panel } from "../ui/Panel";
import { ContinuationView } from "./ContinuationView";
import { Examples } from "./Examples";
import { NextWords } from "./NextWords";
import { PromptEditor } from "./PromptEditor";
import { SubjectLine } from "./SubjectLine";
import { TokenStrip } from "./TokenStrip";
import type { Gallery } from "../../store/gallery";

export function AskPanel({
  gallery,
  className,
}: {
  gallery: Gallery | undefined;
  className?: string | undefined;
}) {
  return (
    <Panel id="ask" title="Ask" className={className}>
      <PromptEditor />
      <TokenStrip />
      <SubjectLine />
      <NextWords />
      <ContinuationView />
      {gallery === undefined ? null : <Examples gallery={gallery} />}
    </Panel>
  );
}
