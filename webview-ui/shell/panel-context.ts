// What every part of the panel can reach: the state, the actions, and the few things that belong to this page alone.
import type { Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { Actions } from "../actions.ts";
import type { PicksByCard } from "../approvals/picks.ts";
import type { Readiness } from "../approvals/readiness.ts";
import type { Drafts } from "../composer/drafts.ts";
import type { PanelState } from "../state/state.ts";
import type { Store } from "../state/store.ts";

export interface Panel {
  store: Store;
  actions: Actions;
  drafts: Drafts;
  /** What is picked and typed in cards that ask questions, so that it outlives them. */
  picks: Signal<PicksByCard>;
  isThreadListOpen: Signal<boolean>;
  /** The turn that the thread on show is to be scrolled to once it is there. */
  turnToShow: Signal<string | null>;
  focusComposer(): void;
  readiness: Readiness;
  /** Milliseconds on a clock that only goes forward: now, or when the event happened. */
  now(event?: Event): number;
}

// Set by the root before anything is drawn.
export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (panel === null) throw new Error("A part of the panel was drawn outside of it.");
  return panel;
}

/** A part of the state; the component is drawn again only when that part changes. `pick` must not close over props. */
export function useSelected<T>(pick: (state: PanelState) => T): T {
  const { store } = usePanel();
  return useMemo(() => store.select(pick), [store]).value;
}

/** The same for a `pick` that depends on `key`. */
export function useSelectedBy<T>(key: string, pick: (state: PanelState) => T): T {
  const { store } = usePanel();
  return useMemo(() => store.select(pick), [store, key]).value;
}
