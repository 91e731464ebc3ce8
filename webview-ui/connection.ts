// The wire of the panel: JSON-RPC over postMessage, typed by the method tables. The extension answers the methods that
// end at it and relays all others to the server. What arrives was validated there, by the rows of the same tables.
import type { clientRequests, ServerNotification } from "../server/protocol/methods.ts";
import type { hostNotifications, hostRequests, panelNotifications } from "../server/protocol/host-methods.ts";
import type { NotificationOf, ParamsIn, ResultOf } from "../server/protocol/rows.ts";
import { Connection, type Receiver, type Transport } from "../server/protocol/rpc/connection.ts";
import type { VscodeApi } from "./vscode-api.ts";

type Requests = typeof clientRequests & typeof hostRequests;
type Notifications = typeof panelNotifications;

/** Everything that reaches the panel unasked. */
export type Incoming = ServerNotification | NotificationOf<typeof hostNotifications>;

export interface PanelConnection {
  /** Rejects with RpcError (the answer was no) or ConnectionClosed. */
  request<M extends keyof Requests & string>(method: M, params: ParamsIn<Requests, M>): Promise<ResultOf<Requests, M>>;
  notify<M extends keyof Notifications & string>(method: M, params: ParamsIn<Notifications, M>): void;
}

/** Asks the editor. Resolves to undefined where it refused, and the person was told. */
export type HostAction = <M extends keyof typeof hostRequests>(
  method: M,
  params: ParamsIn<typeof hostRequests, M>,
) => Promise<unknown>;

export function connectPanel(api: VscodeApi, page: Window, receiver: Receiver): PanelConnection {
  const connection = new Connection(postMessageTransport(api, page), receiver);
  return {
    request: async <M extends keyof Requests & string>(method: M, params: ParamsIn<Requests, M>) =>
      (await connection.request(method, params)) as ResultOf<Requests, M>,
    notify: (method, params) => connection.notify(method, params),
  };
}

function postMessageTransport(api: VscodeApi, page: Window): Transport {
  return {
    send: async (message) => api.postMessage(message),
    // The page ends with its wire, so there is no moment at which someone here could hear of a close.
    listen: (onMessage) => page.addEventListener("message", ({ data }: MessageEvent<unknown>) => onMessage(data)),
    close: () => undefined,
  };
}
