// One thread in a list: what it was about and when, and whether it runs or waits for someone.
import { relativeTime, stateOf, stateWords, type ThreadState, titleOf } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import { Icon, Ring } from "../shell/icon.tsx";
import { useSelectedBy } from "../shell/panel-context.ts";
import { visibleText } from "../text/hidden-characters.ts";

export function threadTitle(thread: Pick<Thread, "name" | "preview">): string {
  return visibleText(titleOf(thread));
}

export interface ThreadRowProps {
  thread: Thread;
  /** A second line, dim: where it is, or where the words are. */
  detail?: string;
  /** Marked wherever they stand in it. */
  words?: string;
}

export function ThreadRow({ thread, detail = "", words = "" }: ThreadRowProps) {
  return (
    <>
      <span class="row-icon">
        <StateMark thread={thread} />
      </span>
      <span class="row-words">
        <span class="row-text">
          <Marked text={threadTitle(thread)} words={words} />
        </span>
        {detail !== "" && (
          <span class="row-text row-detail">
            <Marked text={detail} words={words} />
          </span>
        )}
      </span>
      <span class="number" title={new Date(thread.updatedAt * 1000).toLocaleString("en")}>
        {relativeTime(thread.updatedAt, Date.now() / 1000)}
      </span>
    </>
  );
}

const marks: Record<ThreadState, { icon: string | null; tone: string }> = {
  waitsForApproval: { icon: "bell-dot", tone: "warning" },
  waitsForAnswer: { icon: "question", tone: "warning" },
  running: { icon: null, tone: "" },
  failed: { icon: "error", tone: "error" },
  finished: { icon: "pass-filled", tone: "passed" },
  calm: { icon: "comment", tone: "" },
};

function StateMark({ thread: { id, status } }: { thread: Thread }) {
  const isUnseen = useSelectedBy(id, ({ unseen }) => unseen.includes(id));
  const state = stateOf(status, { isUnseen });
  const { icon, tone } = marks[state];
  const label = stateWords[state];
  if (state === "calm") return <Icon name="comment" />;
  return (
    <span class="row-icon" role="img" aria-label={label} title={label}>
      {icon === null ? <Ring /> : <Icon name={icon} class={tone} />}
    </span>
  );
}

function Marked({ text, words }: { text: string; words: string }) {
  const at = words === "" ? -1 : text.toLowerCase().indexOf(words.toLowerCase());
  if (at === -1) return text;
  const end = at + words.length;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, end)}</mark>
      {text.slice(end)}
    </>
  );
}
