// What both doors do with an open connection: make a client of it, and let it go.
import type { App } from "../app.ts";
import type { Connection } from "../protocol/rpc/connection.ts";
import type { Client } from "../thread/client.ts";

export interface Peer {
  /** From `clientInfo`. */
  name: string;
  /** Exact names of notifications it does not want. */
  optOut: ReadonlySet<string>;
  /** It declared `experimentalApi`. */
  mayExperiment: boolean;
}

export function connectionClient(connection: Connection, peer: Peer): Client {
  return {
    name: peer.name,
    mayExperiment: peer.mayExperiment,
    ended: connection.ended,
    notify({ method, params }) {
      if (!peer.optOut.has(method)) connection.notify(method, params, { emittedAtMs: Date.now() });
    },
    request: (method, params, options) => connection.request(method, params, options),
  };
}

/** Once the handshake is done: from now on it hears what all hear, and first what a person must know. */
export function welcome(app: App, client: Client): void {
  app.clients.join(client);
  for (const warning of app.warnings) client.notify({ method: "configWarning", params: warning });
}

export function farewell(app: App, client: Client): void {
  app.clients.leave(client);
  app.store.leave(client);
}
