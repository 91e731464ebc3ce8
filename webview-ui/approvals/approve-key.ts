// Ctrl+Enter (or Cmd+Enter) approves: only what is in sight, never while a text stands in the composer, and never from
// within another question. It answers no question of the model: that takes a choice.
import { useEffect } from "preact/hooks";
import { usePanel } from "../shell/panel-context.ts";
import { type Approval, currentApproval } from "../state/state.ts";
import { answer } from "./use-answer.ts";

export function useApproveKey(): void {
  const panel = usePanel();
  useEffect(() => {
    const { store, drafts } = panel;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      const approval = currentApproval(store.state.peek());
      const card = approval && document.querySelector(`[data-approval="${approval.key}"]`);
      if (!approval || !card || !mayAccept(approval) || isInAnother(card)) return;
      const isFree = drafts.ofShown().peek().trim() === "" && document.querySelector("dialog[open]") === null;
      if (!isFree && !card.contains(document.activeElement)) return;
      event.preventDefault();
      // A key that is held down must not approve the next question too.
      if (!event.repeat) answer(panel, card, event, (key) => panel.actions.answer(key, "accept"));
    };
    // Before the composer, where the same keys would send.
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [panel]);
}

function mayAccept({ request }: Approval): boolean {
  return request.kind !== "questions" && request.params.availableDecisions.includes("accept");
}

function isInAnother(card: Element): boolean {
  const around = document.activeElement?.closest("[data-approval]") ?? null;
  return around !== null && around !== card;
}
