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
    notify({ method, params }) {
      if (!peer.optOut.has(method)) connection.notify(method, params, { emittedAtMs: Date.now() });
    },
    request: (method, params, options) => connection.request(method, params, options),
  };
}

/** What a person must know about the configuration, told once the handshake is done. */
export function tellWarnings(app: App, client: Client): void {
  for (const warning of app.warnings) client.notify({ method: "configWarning", params: warning });
}

export function leaveThreads(app: App, client: Client): void {
  for (const thread of app.store.live()) thread.unsubscribe(client);
}
