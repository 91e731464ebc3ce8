// The door for any client of the App Server protocol: JSON lines on a pair of streams.
import type { Readable, Writable } from "node:stream";
import type { App } from "../app.ts";
import type { Caller } from "../handlers/caller.ts";
import { clientNotifications, clientRequests } from "../protocol/methods.ts";
import { Connection } from "../protocol/rpc/connection.ts";
import { dispatcher } from "../protocol/rpc/dispatch.ts";
import { alreadyInitialized, notInitialized } from "../protocol/rpc/errors.ts";
import { Lanes } from "../protocol/rpc/lanes.ts";
import type { Client } from "../thread/client.ts";
import { connectionClient, farewell, welcome } from "./client.ts";
import { jsonLines } from "./json-lines.ts";

// new --initialize--> ready.  Before it, every other request is refused.
type Handshake = { kind: "new" } | { kind: "ready"; client: Client };

/** Resolves when the client has gone and everything it started has ended. */
export async function serveAppServer(app: App, streams: { input: Readable; output: Writable }): Promise<void> {
  let handshake = { kind: "new" } as Handshake;
  const { log, home, platform, version } = app.options;
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
    new Lanes(),
    ({ client }) => client.mayExperiment,
  );

  const closed = Promise.withResolvers<void>();
  const connection: Connection = new Connection(
    jsonLines(streams.input, streams.output, (reason) => log("warning", `a line was not read: ${reason}`)),
    {
      request(method, params, { signal, answerFirst }) {
        if (handshake.kind === "ready")
          return dispatch(method, params, { client: handshake.client, answerFirst }, signal);
        // Parsing comes first, like on the original: an unknown method is named as such even before the handshake.
        if (method !== "initialize" && Object.hasOwn(clientRequests, method)) throw notInitialized();
        return dispatch(method, params, { client: connectionClient(connection, nobody), answerFirst }, signal);
      },
      // `initialized` is welcome and changes nothing. Others are not ours, and a notification has no answer.
      notification(method) {
        if (!Object.hasOwn(clientNotifications, method)) log("info", `the notification ${method} is not known`);
      },
      malformed: (reason) => log("warning", `a message was ignored: ${reason}`),
      closed: () => closed.resolve(),
    },
    { nextId: app.nextRequestId, cancels: false },
  );

  await closed.promise;
  if (handshake.kind === "ready") farewell(app, handshake.client);
  await app.close();
}

const nobody = { name: "", optOut: new Set<string>(), mayExperiment: false };
const osNames: Partial<Record<NodeJS.Platform, string>> = { darwin: "macos", win32: "windows" };
