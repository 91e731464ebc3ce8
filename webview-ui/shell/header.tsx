// One slim row: what this thread is about, the other threads, a new one. The product's name is in the editor's own title.
import { usePanel, useSelected } from "./panel-context.ts";
import { type PanelState, shownThread } from "../state/state.ts";
import { firstLine } from "../state/thread-reducer.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { userText } from "../text/prompt-parts.ts";
import { IconButton } from "./icon.tsx";

const pickTitle = ({ view, outgoing }: PanelState) =>
  shownThread(view)?.title || (outgoing[0]?.text.trim().split("\n", 1)[0] ?? "");

// The only prompt of a thread stands right below: its title would say the same again.
const pickIsSaidBelow = (state: PanelState) => {
  const turns = shownThread(state.view)?.turns ?? [];
  const head = turns[0]?.items.find((item) => item.type === "userMessage");
  const prompt = head?.type === "userMessage" ? userText(head) : state.outgoing[0]?.text;
  return turns.length < 2 && prompt !== undefined && firstLine(prompt) === pickTitle(state);
};

export function Header() {
  const { actions, isThreadListOpen, focusComposer } = usePanel();
  const title = visibleText(useSelected(pickTitle));
  const isSaidBelow = useSelected(pickIsSaidBelow);
  return (
    <header class="header">
      <h1 class={isSaidBelow ? "for-screen-readers" : `header-title ${title === "" ? "untitled" : ""}`} title={title}>
        {title || "New thread"}
      </h1>
      <IconButton icon="history" label="Threads" onClick={() => (isThreadListOpen.value = true)} />
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
