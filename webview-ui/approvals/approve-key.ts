// Ctrl+Enter (or Cmd+Enter) approves: only what is in sight, and never while a text stands in the composer.
import { useEffect } from "preact/hooks";
import { usePanel } from "../shell/panel-context.ts";
import { currentApproval } from "../state/state.ts";

export function useApproveKey(): void {
  const { store, actions, draft } = usePanel();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      const approval = currentApproval(store.state.peek());
      const card = approval && document.querySelector(`[data-approval="${approval.key}"]`);
      if (!approval || !card || !approval.request.params.availableDecisions.includes("accept")) return;
      const isFree = draft.peek().trim() === "" && document.querySelector("dialog[open]") === null;
      if (!isFree && !card.contains(document.activeElement)) return;
      event.preventDefault();
      // A key that is held down must not approve the next question too.
      if (event.repeat) return;
      if (isInSight(card)) actions.answer(approval.key, "accept");
      else card.scrollIntoView({ block: "nearest" });
    };
    // Before the composer, where the same keys would send.
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [store, actions, draft]);
}

// The question must be readable: its top, and the buttons or as much as fits.
function isInSight(card: Element): boolean {
  const box = card.getBoundingClientRect();
  const scroller = card.closest(".transcript")?.getBoundingClientRect();
  if (!scroller) return false;
  const shown = Math.min(box.bottom, scroller.bottom) - Math.max(box.top, scroller.top);
  return shown >= Math.min(box.height, scroller.height) * 0.6;
}
