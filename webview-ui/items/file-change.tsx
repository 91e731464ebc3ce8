// A set of edits: each file with its numbers and its diff. While it waits for a person, the approval stands here.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { Decision, statusWith } from "../approvals/decision.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { changeName, type PathBase } from "../text/paths.ts";
import { changeVerb, count } from "../text/words.ts";
import { FilePart } from "./file-part.tsx";
import type { ItemRenderer } from "./item-props.ts";

export const fileChange: ItemRenderer<"fileChange"> = ({ item, place }) => {
  const approval = useApproval(item.id);
  const settled = statusWith(approval, item.status, place);
  const isWriting = item.isWriting === true && settled === "running";
  const status = isWriting ? "writing" : settled;
  return (
    <article class="item" aria-label={`File change: ${names(item, place.base)}, ${status}`}>
      {approval?.outcome.kind === "waiting" ? (
        <ApprovalCard approval={approval} base={place.base} />
      ) : (
        <div class={`card file-change ${status}`}>
          {item.changes.map((change, index) => (
            <FilePart
              // What is declined folds, also when it stood open before.
              key={`${index} ${change.path} ${status === "declined"}`}
              change={change}
              base={place.base}
              status={isSaidAt(index, status, item) ? status : ""}
              decision={index === 0 && <Decision approval={approval} />}
              isInitiallyOpen={isWriting ? index === item.changes.length - 1 : isOpenWhole(status, item)}
              isWriting={isWriting}
              wasProposed={item.isProposed === true}
              where={{ threadId: place.threadId, turnId: place.turnId, itemId: item.id }}
            />
          ))}
          {status === "failed" && item.failure !== undefined && <Failure text={item.failure} />}
        </div>
      )}
    </article>
  );
};

/** What the model is told of a patch that does not fit can be long; the panel shows its beginning. */
const SHOWN_FAILURE_CHARS = 4000;

function Failure({ text }: { text: string }) {
  const shown = text.length > SHOWN_FAILURE_CHARS ? `${text.slice(0, SHOWN_FAILURE_CHARS)}…` : text;
  return (
    <pre class="failure" tabIndex={0} role="group" aria-label="Why it failed">
      <ExactText text={shown} />
    </pre>
  );
}

function isOpenWhole(status: string, { changes }: ThreadItemOf<"fileChange">): boolean {
  return changes.length === 1 && status !== "declined";
}

/** One decision for all files is said once, at the first; what is being written is the last. */
function isSaidAt(index: number, status: string, { changes }: ThreadItemOf<"fileChange">): boolean {
  if (status === "writing") return index === changes.length - 1;
  return status !== "declined" || index === 0;
}

function names({ changes }: ThreadItemOf<"fileChange">, base: PathBase): string {
  const [only] = changes;
  if (!only || changes.length > 1) return count(changes.length, "file");
  const verb = changeVerb(only);
  return visibleText(changeName(only, base)) + (verb === "changed" ? "" : ` (${verb})`);
}
