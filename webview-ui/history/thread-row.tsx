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
  return status.activeFlags.length > 0 ? <Icon name="warning" class="warning" /> : <Ring />;
}
