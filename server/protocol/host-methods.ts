// The tables of what the panel and the extension say to each other. It never reaches the server.
import * as z from "zod";
import * as panel from "./panel.ts";
import { notification, type NotificationRow, request, type RequestRow } from "./rows.ts";

/** Panel to extension; they end there. */
export const hostRequests = {
  /** Shows a file in the editor. */
  "host/openFile": request(panel.OpenFileParams, z.null(), { from: ["webview"] }),
  /** Opens the native diff editor for one file change. */
  "host/openDiff": request(panel.ItemParams.extend({ path: z.string() }), z.null(), {
    lane: "none",
    from: ["webview"],
  }),
  /** Reveals the integrated terminal of a command execution, opening one where there is none. False: it never ran. */
  "host/openTerminal": request(panel.ItemParams, z.boolean(), { from: ["webview"] }),
  /** Opens a web address after the editor's own confirmation; refuses every scheme but http, https and mailto. */
  "host/openLink": request(panel.OpenLinkParams, z.null(), { from: ["webview"] }),
  "host/copy": request(panel.CopyParams, z.null(), { from: ["webview"] }),
  "host/restartServer": request(z.object({}), z.null(), { from: ["webview"] }),
  "host/showLog": request(z.object({}), z.null(), { from: ["webview"] }),
  "host/openFolder": request(z.object({}), z.null(), { from: ["webview"] }),
  /** Asks for the API key of the model provider in use, stores it, and restarts the server. */
  "host/setApiKey": request(z.object({}), z.null(), { from: ["webview"] }),
  "host/manageTrust": request(z.object({}), z.null(), { from: ["webview"] }),
  /** Undoes what turns changed in files, or does it again, showing the person first what must be merged or does not fit. */
  "host/undoTurn": request(panel.TurnsParams, z.null(), { from: ["webview"] }),
  "host/redoTurn": request(panel.TurnsParams, z.null(), { from: ["webview"] }),
  /** Shows what waits for review in the editor, or keeps or undoes it there; without a path all of it. */
  "host/review": request(panel.ReviewParams, z.null(), { from: ["webview"] }),
  /** Lists the rules of what may run unasked, to test and to remove them. Resolves when that is closed. */
  "host/manageApprovals": request(z.object({}), z.null(), { from: ["webview"] }),
  /** Asks the person whether the container around the server is the sandbox, and writes it down if they say so. */
  "host/trustContainer": request(z.object({}), z.null(), { from: ["webview"] }),
} as const satisfies Record<string, RequestRow>;

/** Panel to extension. */
export const panelNotifications = {
  /** The panel has drawn itself and wants the host's state and the approvals that wait. Sent again after a reload. */
  "panel/ready": notification(z.object({})),
  /** Which thread the panel shows, so that commands act on it. Null: a new one. */
  "panel/threadShown": notification(z.object({ threadId: z.string().nullable() })),
  /**
   * What the panel wants to find again: which thread it shows, the text that was not sent. The editor keeps it too, but
   * writes it down only when a window is closed in good order.
   */
  "panel/kept": notification(z.object({ state: z.unknown() })),
} as const satisfies Record<string, NotificationRow>;

/** Extension to panel. */
export const hostNotifications = {
  "host/state": notification(panel.HostState),
  "host/showThread": notification(panel.ShowThreadParams),
  "host/newThread": notification(z.object({})),
  "host/showThreads": notification(z.object({})),
  "host/focusComposer": notification(z.object({})),
  /** The thread that is shown. */
  "host/compactThread": notification(z.object({})),
} as const satisfies Record<string, NotificationRow>;
