// What both doors do with an open connection: make a client of it, and let it go.
import type { App } from "../app.ts";
import { clientRequests, type ServerNotification, serverNotifications } from "../protocol/methods.ts";
import type { Caller } from "../handlers/caller.ts";
import { type Dispatch, dispatcher } from "../protocol/rpc/dispatch.ts";
import { alreadyInitialized } from "../protocol/rpc/errors.ts";
import type { Lanes } from "../protocol/rpc/lanes.ts";
import type { Connection } from "../protocol/rpc/connection.ts";
import type { NotificationMessage } from "../protocol/rpc/messages.ts";
import type { Backlog } from "../protocol/rpc/outbox.ts";
import type { Client } from "../thread/client.ts";

/** So many requests of one client are worked on at a time. */
export const MAX_RUNNING = 1024;

export interface Peer {
  /** From `clientInfo`. */
  name: string;
  /** Exact names of notifications it does not want. */
  optOut: ReadonlySet<string>;
  /** It declared `experimentalApi`. */
  mayExperiment: boolean;
  /** It declared `belay.terminals`. */
  showsTerminals: boolean;
}

export function connectionClient(connection: Connection, peer: Peer): Client {
  return {
    name: peer.name,
    mayExperiment: peer.mayExperiment,
    showsTerminals: peer.showsTerminals,
    ended: connection.ended,
    notify(notification) {
      if (!peer.optOut.has(notification.method)) connection.tell(stamped(notification));
    },
    drained: () => connection.drained(),
    request: (method, params, options) => connection.request(method, params, options),
  };
}

let latest: { notification: ServerNotification; message: NotificationMessage } | null = null;

/** The same message for each client that is told the same, so that it is written out once. */
function stamped(notification: ServerNotification): NotificationMessage {
  if (latest?.notification !== notification) {
    const { method, params } = notification;
    latest = { notification, message: { method, params, emittedAtMs: Date.now() } };
  }
  return latest.message;
}

export function backlogOf(method: string): Backlog {
  return Object.hasOwn(serverNotifications, method)
    ? serverNotifications[method as keyof typeof serverNotifications].backlog
    : "keep";
}

export function isUrgent(method: string): boolean {
  return Object.hasOwn(clientRequests, method) && clientRequests[method as keyof typeof clientRequests].urgent;
}

/** All of the protocol, behind the handshake. */
export function protocolOf(app: App, lanes: Lanes): Dispatch<Caller> {
  const initialize = () => Promise.reject(alreadyInitialized());
  const handlers = { ...app.handlers, initialize };
  return dispatcher<typeof clientRequests, Caller>(
    clientRequests,
    handlers,
    lanes,
    ({ client }) => client.mayExperiment,
  );
}

/** Once the handshake is done: from now on it hears what all hear, and first what a person must know. */
export function welcome(app: App, client: Client): void {
  app.clients.join(client);
  for (const warning of app.warnings) client.notify({ method: "configWarning", params: warning });
}

export function farewell(app: App, client: Client): void {
  app.clients.leave(client);
  app.store.live.leave(client);
}

/** Keeps no process alive. Returns what calls it off. */
export function later(run: () => void, afterMs: number): () => void {
  const timer = setTimeout(run, afterMs);
  timer.unref();
  return () => clearTimeout(timer);
}
