// One thread in a list: what it was about and when, and whether it runs or waits for someone.
import type { Thread } from "../../server/protocol/thread.ts";
import { Icon, Ring } from "../shell/icon.tsx";
import { firstLine } from "../state/thread-reducer.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { relativeTime } from "../text/words.ts";

export function threadTitle({ name, preview }: Pick<Thread, "name" | "preview">): string {
  return visibleText(name ?? firstLine(preview)) || "Empty thread";
}

export function ThreadRow({ thread }: { thread: Thread }) {
  return (
    <>
      <span class="row-icon">
        <StatusMark thread={thread} />
      </span>
      <span class="row-text">{threadTitle(thread)}</span>
      <span class="number" title={new Date(thread.updatedAt * 1000).toLocaleString("en")}>
        {relativeTime(thread.updatedAt, Date.now() / 1000)}
      </span>
    </>
  );
}

function StatusMark({ thread: { status } }: { thread: Thread }) {
  if (status.type !== "active") return <Icon name="comment" />;
  const [icon, label] = status.activeFlags.includes("waitingOnApproval")
    ? (["warning", "Waits for your approval"] as const)
    : status.activeFlags.includes("waitingOnUserInput")
      ? (["question", "Waits for your answer"] as const)
      : ([null, "Running"] as const);
  return (
    <span class="row-icon" role="img" aria-label={label} title={label}>
      {icon === null ? <Ring /> : <Icon name={icon} class="warning" />}
    </span>
  );
}
