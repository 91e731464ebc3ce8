// Holds the panel's state in a signal. Deltas are gathered and applied once a frame, everything else at once.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { PanelEvent } from "./events.ts";
import { reduce } from "./reducer.ts";
import { initialState, type PanelState } from "./state.ts";
import { isDelta } from "./thread-reducer.ts";

export interface Store {
  readonly state: ReadonlySignal<PanelState>;
  dispatch(event: PanelEvent): void;
  /** A part of the state that changes only when `pick` gives something else. */
  select<T>(pick: (state: PanelState) => T): ReadonlySignal<T>;
}

/** `nextFrame` runs its argument before the next drawing, or soon when nothing is drawn. */
export function createStore(nextFrame: (work: () => void) => void, from: PanelState = initialState): Store {
  const state = signal(from);
  let waiting: PanelEvent[] = [];
  const apply = () => {
    const events = waiting;
    waiting = [];
    if (events.length > 0) state.value = events.reduce(reduce, state.peek());
  };
  return {
    state,
    dispatch(event) {
      waiting.push(event);
      if (event.type !== "notified" || !isDelta(event.notification)) apply();
      else if (waiting.length === 1) nextFrame(apply);
    },
    select: (pick) => computed(() => pick(state.value)),
  };
}
