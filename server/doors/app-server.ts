// The door for any client of the App Server protocol: one client on stdio, or many on sockets.
import type { Readable, Writable } from "node:stream";
import type { App, AppOptions } from "../app.ts";
import type { Caller } from "../handlers/caller.ts";
import { clientNotifications, clientRequests } from "../protocol/methods.ts";
import { Connection } from "../protocol/rpc/connection.ts";
import { type Dispatch, parseParams } from "../protocol/rpc/dispatch.ts";
import { alreadyInitialized, notInitialized, unknownMethod } from "../protocol/rpc/errors.ts";
import type { ParamsOut } from "../protocol/rows.ts";
import { Lanes } from "../protocol/rpc/lanes.ts";
import { bounded, type Pipe } from "../protocol/rpc/outbox.ts";
import type { Client } from "../thread/client.ts";
import type { WebSocketAuth } from "./bearer-auth.ts";
import { backlogOf, connectionClient, isUrgent, farewell, later, MAX_RUNNING, protocolOf, welcome } from "./client.ts";
import { complaints } from "./complaints.ts";
import { jsonLines } from "./json-lines.ts";
import type { SocketAddress } from "./socket-server.ts";
import { afterAnswer } from "../util/after-answer.ts";

// new --initialize--> ready.  Before it, every other request is refused.
type Handshake = { kind: "new" } | { kind: "ready"; client: Client; protocol: Promise<Dispatch<Caller>> };

/** The app while it is still being put together: a client is greeted before that is done. */
export interface ComingApp {
  readonly options: Pick<AppOptions, "home" | "platform" | "version" | "log" | "nextRequestId">;
  /** Begins with the first call; always the same app. */
  ready(): Promise<App>;
}

/** Resolves when the client has gone and everything it started has ended. Rejects when there can be no app. */
export async function serveStdio(app: ComingApp, streams: { input: Readable; output: Writable }): Promise<void> {
  const complain = complaints(app.options.log);
  const pipe = jsonLines(streams.input, streams.output, (reason) => complain("a line was not read", reason));
  await serveClient(app, pipe, new Lanes());
  await (await app.ready()).close();
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
export async function serveSockets(app: ComingApp, { address, auth, print, ended }: SocketOptions): Promise<void> {
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
  // Who connects later finds everything loaded.
  await app.ready();
  await ended;
  server.close();
  await (await app.ready()).close();
}

/** Resolves with the reason when the client has gone. */
async function serveClient(app: ComingApp, pipe: Pipe, lanes: Lanes): Promise<string> {
  let handshake = { kind: "new" } as Handshake;
  const { log, home, platform, version, nextRequestId } = app.options;
  const complain = complaints(log);
  const greet = ({ clientInfo, capabilities }: ParamsOut<typeof clientRequests, "initialize">) => {
    if (handshake.kind === "ready") throw alreadyInitialized();
    const client = connectionClient(connection, {
      name: clientInfo.name,
      optOut: new Set(capabilities?.optOutNotificationMethods ?? []),
      mayExperiment: capabilities?.experimentalApi ?? false,
      showsTerminals: capabilities?.belay?.terminals ?? false,
    });
    // Behind the answer, which needs none of what is loaded now.
    const protocol = afterAnswer().then(async () => {
      const ready = await app.ready();
      welcome(ready, client);
      return protocolOf(ready, lanes);
    });
    // Said by every request that needs it.
    protocol.catch(() => {});
    handshake = { kind: "ready", client, protocol };
    return {
      userAgent: `${clientInfo.name}/${version} (${platform}) belay (${clientInfo.name}; ${clientInfo.version})`,
      codexHome: home,
      platformFamily: platform === "win32" ? "windows" : "unix",
      platformOs: osNames[platform] ?? platform,
    };
  };

  let left: (reason: string) => void = () => {};
  const closed = new Promise<string>((resolve) => (left = resolve));
  const connection: Connection = new Connection(
    bounded(pipe, { backlogOf, later }),
    {
      async request(method, params, { signal, answerFirst }) {
        if (method === "initialize") return greet(parseParams(clientRequests.initialize.params, params));
        // Parsing comes first, like on the original: an unknown method is named as such even before the handshake.
        if (!Object.hasOwn(clientRequests, method)) throw unknownMethod(method, Object.keys(clientRequests));
        if (handshake.kind === "new") throw notInitialized();
        const { client, protocol } = handshake;
        return (await protocol)(method, params, { client, answerFirst }, signal);
      },
      isUrgent,
      // `initialized` is welcome and changes nothing. Others are not ours, and a notification has no answer.
      notification(method) {
        if (!Object.hasOwn(clientNotifications, method)) complain("a notification is not known", method.slice(0, 100));
      },
      malformed: (reason) => complain("a message was ignored", reason),
      closed: (reason) => left(reason),
    },
    { nextId: nextRequestId, cancels: false, maxRunning: MAX_RUNNING },
  );

  const reason = await closed;
  if (handshake.kind === "ready") farewell(await app.ready(), handshake.client);
  return reason;
}

const osNames: Partial<Record<NodeJS.Platform, string>> = { darwin: "macos", win32: "windows" };
