// A set of edits: each file with its numbers and its diff. While it waits for a person, the approval stands here.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { ApprovalOutcomeRow } from "../approvals/outcome-row.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { relativePath } from "../text/paths.ts";
import { count, statusWord } from "../text/words.ts";
import { FilePart } from "./file-part.tsx";
import type { ItemRenderer } from "./item-props.ts";

export const fileChange: ItemRenderer<"fileChange"> = ({ item, place }) => {
  const approval = useApproval(item.id);
  const isWaiting = approval?.outcome.kind === "waiting";
  const status = isWaiting ? "waiting for approval" : statusWord(item.status, place);
  return (
    <article class="item" aria-label={`File change: ${names(item, place.cwd)}, ${status}`}>
      {isWaiting ? (
        <ApprovalCard approval={approval} cwd={place.cwd} />
      ) : (
        <>
          {approval && <ApprovalOutcomeRow outcome={approval.outcome} />}
          <div class={`card file-change ${status}`}>
            {item.changes.map((change) => (
              <FilePart
                key={change.path}
                change={change}
                cwd={place.cwd}
                status={status}
                isInitiallyOpen={item.changes.length === 1 && status !== "declined"}
                where={{ threadId: place.threadId, itemId: item.id }}
              />
            ))}
          </div>
        </>
      )}
    </article>
  );
};

function names({ changes }: ThreadItemOf<"fileChange">, cwd: string): string {
  const [only] = changes;
  return only && changes.length === 1 ? visibleText(relativePath(only.path, cwd)) : count(changes.length, "file");
}
