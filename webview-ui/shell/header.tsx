// One slim row: what this thread is about, the other threads, a new one. The product's name is in the editor's own title.
import { usePanel, useSelected } from "./panel-context.ts";
import { type PanelState, shownThread, shownThreadId } from "../state/state.ts";
import { firstLine } from "../state/thread-reducer.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { userText } from "../text/prompt-parts.ts";
import { IconButton } from "./icon.tsx";

const pickTitle = ({ view, outgoing }: PanelState) =>
  shownThread(view)?.title || (view.kind === "loading" ? "" : firstLine(outgoing[0]?.text ?? ""));

// The only prompt of a thread stands right below: its title would say the same again.
const pickIsSaidBelow = (state: PanelState) => {
  const turns = shownThread(state.view)?.turns ?? [];
  const head = turns[0]?.items.find((item) => item.type === "userMessage");
  const prompt = head?.type === "userMessage" ? userText(head) : state.outgoing[0]?.text;
  return turns.length < 2 && prompt !== undefined && firstLine(prompt) === pickTitle(state);
};

// While its title is read nobody needs to be told that there is none.
const pickIsNew = ({ view }: PanelState) => (shownThread(view)?.held ?? null) === null;

const pickWaitingElsewhere = ({ approvals, view }: PanelState) => {
  const waiting = approvals.filter(({ outcome }) => outcome.kind === "waiting");
  const threads = new Set(waiting.map(({ request }) => request.params.threadId));
  threads.delete(shownThreadId(view) ?? "");
  return threads.size;
};

export function Header() {
  const { actions, isThreadListOpen, focusComposer } = usePanel();
  const title = visibleText(useSelected(pickTitle));
  const isSaidBelow = useSelected(pickIsSaidBelow);
  const isNew = useSelected(pickIsNew);
  return (
    <header class="header">
      <h1 class={isSaidBelow ? "for-screen-readers" : `header-title ${title === "" ? "untitled" : ""}`} title={title}>
        {title || (isNew ? "New thread" : "Thread without a title")}
      </h1>
      <ThreadsButton onClick={() => (isThreadListOpen.value = true)} />
      <IconButton
        icon="add"
        label="New thread"
        onClick={() => {
          actions.newThread();
          focusComposer();
        }}
      />
    </header>
  );
}

/** Its mark stays while a thread waits that is not on show. */
function ThreadsButton({ onClick }: { onClick: () => void }) {
  const waiting = useSelected(pickWaitingElsewhere);
  const waits = waiting === 1 ? "1 other thread waits for you" : `${waiting} other threads wait for you`;
  return (
    <span class="threads-button">
      <IconButton
        icon="history"
        label="Threads"
        {...(waiting === 0 ? {} : { title: `Threads: ${waits}`, describedBy: "threads-waiting" })}
        onClick={onClick}
      />
      {waiting > 0 && (
        <span class="count-mark" id="threads-waiting" role="img" aria-label={waits}>
          {waiting}
        </span>
      )}
    </span>
  );
}
