// Answering a question: when an answer counts, what the buttons show of that, and where the focus goes afterwards.
import { effect } from "@preact/signals";
import { type RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { type Panel, usePanel } from "../shell/panel-context.ts";
import { currentApproval, type PanelState } from "../state/state.ts";

const pickCurrentKey = (state: PanelState) => currentApproval(state)?.key ?? null;
const thresholds = Array.from({ length: 21 }, (_, step) => step / 20);

/** `settle` makes the answer known. Not called when it is too early; a question out of sight is brought into sight. */
export function answer(panel: Panel, card: Element, event: Event, settle: (key: string) => void): void {
  const key = card.getAttribute("data-approval") ?? "";
  if (!isInSight(card)) return card.scrollIntoView({ block: "nearest" });
  if (panel.readiness.remaining(key, panel.now(event)) > 0) return;
  const hadFocus = card.contains(document.activeElement);
  settle(key);
  if (hadFocus) focusNext(panel);
}

/** The question that waits next, else the composer: never the top of the page. */
export function focusNext({ store, focusComposer }: Panel): void {
  const key = pickCurrentKey(store.state.peek());
  const next = key === null ? null : document.querySelector<HTMLElement>(`[data-approval="${key}"]`);
  if (next) next.focus();
  else focusComposer();
}

/** Watches whether the card is in front of the reader; its buttons are marked as disabled until an answer counts. */
export function useReadiness(card: RefObject<HTMLElement | null>, key: string): void {
  const { store, readiness, now } = usePanel();
  useLayoutEffect(() => {
    const { current: element } = card;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Only what is shown waits for the timer; whether an answer counts is told by the times alone.
    const show = () => {
      clearTimeout(timer);
      const left = readiness.remaining(key, now());
      for (const button of element.querySelectorAll(".approval-buttons button:not([aria-expanded])"))
        if (left > 0) button.setAttribute("aria-disabled", "true");
        else button.removeAttribute("aria-disabled");
      if (left > 0 && Number.isFinite(left)) timer = setTimeout(show, left);
    };
    const current = store.select(pickCurrentKey);
    const stop = effect(() => {
      readiness.currentIs(current.value, now());
      show();
    });
    const observer = new IntersectionObserver(
      () => {
        if (isInSight(element)) readiness.cameInSight(key, now());
        else readiness.leftSight(key);
        show();
      },
      { root: element.closest(".transcript"), threshold: thresholds },
    );
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      clearTimeout(timer);
      readiness.leftSight(key);
    };
  }, [card, key, store, readiness, now]);
}

// The question must be readable: its top, and the buttons or as much as fits.
function isInSight(card: Element): boolean {
  const box = card.getBoundingClientRect();
  const scroller = card.closest(".transcript")?.getBoundingClientRect();
  if (!scroller) return false;
  const shown = Math.min(box.bottom, scroller.bottom) - Math.max(box.top, scroller.top);
  return shown >= Math.min(box.height, scroller.height) * 0.6;
}
