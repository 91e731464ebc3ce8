// What happens to the panel's state in tests of it.
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { PanelEvent } from "../../../webview-ui/state/events.ts";
import { reduce } from "../../../webview-ui/state/reducer.ts";
import { initialState, type PanelState } from "../../../webview-ui/state/state.ts";
import { at, opened, turn } from "./fixtures.ts";

/** The state of a new panel, behind these. */
export function after(...events: PanelEvent[]): PanelState {
  return events.reduce(reduce, initialState);
}

export function said(notification: ServerNotification): PanelEvent {
  return { type: "notified", notification };
}

/** A thread with an empty turn is shown. */
export const showing: PanelEvent = {
  type: "threadOpened",
  response: opened({ turns: [turn({ itemsView: "full" })] }),
};

/** More of the answer that is written in it. */
export function delta(text: string): PanelEvent {
  return said({ method: "item/agentMessage/delta", params: { ...at, itemId: "answer-1", delta: text } });
}
