// One slim row: what this thread is about, the other threads, a new one. The product's name is in the editor's own title.
import { usePanel, useSelected } from "./panel-context.ts";
import { type PanelState, shownThread } from "../state/state.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { IconButton } from "./icon.tsx";

const pickTitle = ({ view, outgoing }: PanelState) =>
  shownThread(view)?.title || (outgoing[0]?.text.trim().split("\n", 1)[0] ?? "");

export function Header() {
  const { actions, isThreadListOpen, focusComposer } = usePanel();
  const title = visibleText(useSelected(pickTitle));
  return (
    <header class="header">
      <h1 class={`header-title ${title === "" ? "untitled" : ""}`} title={title}>
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
