// Ctrl+Enter (or Cmd+Enter) approves: only what is in sight, and never while a text stands in the composer.
import { useEffect } from "preact/hooks";
import { usePanel } from "../shell/panel-context.ts";
import { currentApproval } from "../state/state.ts";
import { answer } from "./use-answer.ts";

export function useApproveKey(): void {
  const panel = usePanel();
  useEffect(() => {
    const { store, draft } = panel;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      const approval = currentApproval(store.state.peek());
      const card = approval && document.querySelector(`[data-approval="${approval.key}"]`);
      if (!approval || !card || !approval.request.params.availableDecisions.includes("accept")) return;
      const isFree = draft.peek().trim() === "" && document.querySelector("dialog[open]") === null;
      if (!isFree && !card.contains(document.activeElement)) return;
      event.preventDefault();
      // A key that is held down must not approve the next question too.
      if (!event.repeat) answer(panel, card, "accept", event);
    };
    // Before the composer, where the same keys would send.
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [panel]);
}
