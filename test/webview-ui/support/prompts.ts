// What happens to a prompt, as events: it is sent, then taken by a turn.
import type { PanelEvent } from "../../../webview-ui/state/events.ts";
import { noChoice } from "../../../webview-ui/state/state.ts";
import { threadId, turn } from "./fixtures.ts";

export const sent: Extract<PanelEvent, { type: "promptSent" }> = { type: "promptSent", clientId: "c1", text: "Hello" };
export const accepted: Extract<PanelEvent, { type: "promptAccepted" }> = {
  type: "promptAccepted",
  clientId: "c1",
  threadId,
  turn: turn({ id: "turn-2" }),
  sent: noChoice,
};
