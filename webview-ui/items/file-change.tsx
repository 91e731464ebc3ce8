// A set of edits: each file with its numbers and its diff. While it waits for a person, the approval stands here.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { Decision, statusWith } from "../approvals/decision.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { changeName } from "../text/paths.ts";
import { changeVerb, count } from "../text/words.ts";
import { FilePart } from "./file-part.tsx";
import type { ItemRenderer } from "./item-props.ts";

export const fileChange: ItemRenderer<"fileChange"> = ({ item, place }) => {
  const approval = useApproval(item.id);
  const status = statusWith(approval, item.status, place);
  return (
    <article class="item" aria-label={`File change: ${names(item, place.cwd)}, ${status}`}>
      {approval?.outcome.kind === "waiting" ? (
        <ApprovalCard approval={approval} cwd={place.cwd} />
      ) : (
        <div class={`card file-change ${status}`}>
          {item.changes.map((change, index) => (
            <FilePart
              // What is declined folds, also when it stood open before.
              key={`${change.path} ${status === "declined"}`}
              change={change}
              cwd={place.cwd}
              // One decision for all of them: it is said once.
              status={status === "declined" && index > 0 ? "" : status}
              decision={index === 0 && <Decision approval={approval} />}
              isInitiallyOpen={item.changes.length === 1 && status !== "declined"}
              where={{ threadId: place.threadId, turnId: place.turnId, itemId: item.id }}
            />
          ))}
        </div>
      )}
    </article>
  );
};

function names({ changes }: ThreadItemOf<"fileChange">, cwd: string): string {
  const [only] = changes;
  if (!only || changes.length > 1) return count(changes.length, "file");
  const verb = changeVerb(only);
  return visibleText(changeName(only, cwd)) + (verb === "changed" ? "" : ` (${verb})`);
}
