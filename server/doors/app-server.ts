// The door for any client of the App Server protocol: one client on stdio, or many on sockets.
import type { Readable, Writable } from "node:stream";
import type { App } from "../app.ts";
import type { Caller } from "../handlers/caller.ts";
import { clientNotifications, clientRequests } from "../protocol/methods.ts";
import { Connection } from "../protocol/rpc/connection.ts";
import { dispatcher } from "../protocol/rpc/dispatch.ts";
import { alreadyInitialized, notInitialized } from "../protocol/rpc/errors.ts";
import { Lanes } from "../protocol/rpc/lanes.ts";
import { bounded, type Pipe } from "../protocol/rpc/outbox.ts";
import type { Client } from "../thread/client.ts";
import type { WebSocketAuth } from "./bearer-auth.ts";
import { backlogOf, connectionClient, isUrgent, farewell, MAX_RUNNING, welcome } from "./client.ts";
import { complaints } from "./complaints.ts";
import { jsonLines } from "./json-lines.ts";
import type { SocketAddress } from "./socket-server.ts";

// new --initialize--> ready.  Before it, every other request is refused.
type Handshake = { kind: "new" } | { kind: "ready"; client: Client };

/** Resolves when the client has gone and everything it started has ended. */
export async function serveStdio(app: App, streams: { input: Readable; output: Writable }): Promise<void> {
  const complain = complaints(app.options.log);
  const pipe = jsonLines(streams.input, streams.output, (reason) => complain("a line was not read", reason));
  await serveClient(app, pipe, new Lanes());
  await app.close();
}

export interface SocketOptions {
  address: SocketAddress;
  auth: WebSocketAuth;
  /** Told where it listens. */
  print(banner: string): void;
  /** Resolves when the server shall end. */
  ended: Promise<void>;
}

/** Serves every client that comes until it shall end, and everything they started has ended. */
export async function serveSockets(app: App, { address, auth, print, ended }: SocketOptions): Promise<void> {
  const { home, log } = app.options;
  const complain = complaints(log);
  // Shared: requests for one thread keep their order whichever client they come from.
  const lanes = new Lanes();
  // A client on stdio does not wait for what only sockets need.
  const { listenForSockets } = await import("./socket-server.ts");
  const server = await listenForSockets(address, {
    home,
    auth,
    serve: (pipe) => void serveClient(app, pipe, lanes).then((reason) => log("info", `a client left: ${reason}`)),
    onBadFrame: (reason) => complain("a frame was not read", reason),
  });
  print(server.banner);
  await ended;
  server.close();
  await app.close();
}

/** Resolves with the reason when the client has gone. */
async function serveClient(app: App, pipe: Pipe, lanes: Lanes): Promise<string> {
  let handshake = { kind: "new" } as Handshake;
  const { log, home, platform, version } = app.options;
  const complain = complaints(log);
  const dispatch = dispatcher<typeof clientRequests, Caller>(
    clientRequests,
    {
      ...app.handlers,
      async initialize({ clientInfo, capabilities }) {
        if (handshake.kind === "ready") throw alreadyInitialized();
        const optOut = new Set(capabilities?.optOutNotificationMethods ?? []);
        const client = connectionClient(connection, {
          name: clientInfo.name,
          optOut,
          mayExperiment: capabilities?.experimentalApi ?? false,
        });
        handshake = { kind: "ready", client };
        setImmediate(() => welcome(app, client));
        return {
          userAgent: `${clientInfo.name}/${version} (${platform}) belay (${clientInfo.name}; ${clientInfo.version})`,
          codexHome: home,
          platformFamily: platform === "win32" ? "windows" : "unix",
          platformOs: osNames[platform] ?? platform,
        };
      },
    },
    lanes,
    ({ client }) => client.mayExperiment,
  );

  let left: (reason: string) => void = () => {};
  const closed = new Promise<string>((resolve) => (left = resolve));
  const connection: Connection = new Connection(
    bounded(pipe, { backlogOf }),
    {
      request(method, params, { signal, answerFirst }) {
        if (handshake.kind === "ready")
          return dispatch(method, params, { client: handshake.client, answerFirst }, signal);
        // Parsing comes first, like on the original: an unknown method is named as such even before the handshake.
        if (method !== "initialize" && Object.hasOwn(clientRequests, method)) throw notInitialized();
        return dispatch(method, params, { client: connectionClient(connection, nobody), answerFirst }, signal);
      },
      isUrgent,
      // `initialized` is welcome and changes nothing. Others are not ours, and a notification has no answer.
      notification(method) {
        if (!Object.hasOwn(clientNotifications, method)) complain("a notification is not known", method.slice(0, 100));
      },
      malformed: (reason) => complain("a message was ignored", reason),
      closed: (reason) => left(reason),
    },
    { nextId: app.nextRequestId, cancels: false, maxRunning: MAX_RUNNING },
  );

  const reason = await closed;
  if (handshake.kind === "ready") farewell(app, handshake.client);
  return reason;
}

const nobody = { name: "", optOut: new Set<string>(), mayExperiment: false };
const osNames: Partial<Record<NodeJS.Platform, string>> = { darwin: "macos", win32: "windows" };
