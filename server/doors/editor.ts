// The door for VS Code: the Language Server Protocol's handshake and document sync on node IPC, then the same protocol
// as on the other door, on the same connection.
import { type App, type AppOptions, createApp } from "../app.ts";
import type { Caller } from "../handlers/caller.ts";
import { codeActionKinds, codeActions } from "../handlers/editor.ts";
import { clientRequests } from "../protocol/methods.ts";
import { editorNotifications, editorRequests } from "../protocol/editor-methods.ts";
import type { ParamsOut } from "../protocol/rows.ts";
import { Connection } from "../protocol/rpc/connection.ts";
import { type Dispatch, dispatcher, parseParams } from "../protocol/rpc/dispatch.ts";
import { alreadyInitialized, messageOf, notInitialized, unknownMethod } from "../protocol/rpc/errors.ts";
import { Lanes } from "../protocol/rpc/lanes.ts";
import { bounded, type Pipe } from "../protocol/rpc/outbox.ts";
import type { Client } from "../thread/client.ts";
import { backlogOf, connectionClient, farewell, later, protocolOf, welcome } from "./client.ts";

// new --initialize--> starting --its answer--> ready --shutdown--> leaving
type Handshake =
  | { kind: "new" }
  | { kind: "starting" }
  | { kind: "ready"; app: App; client: Client; protocol: Dispatch<Caller> }
  | { kind: "leaving" };

type Options = Omit<AppOptions, "overrides" | "apiKeys">;

/** Resolves when the editor has gone, and everything it started has ended. */
export async function serveEditor(pipe: Pipe, options: Options): Promise<void> {
  const { log } = options;
  let leave = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));
  let handshake = { kind: "new" } as Handshake;
  let app = null as App | null;

  const initialize = async (params: ParamsOut<typeof editorRequests, "initialize">) => {
    if (handshake.kind !== "new") throw alreadyInitialized();
    handshake = { kind: "starting" };
    const { belay, config = {}, apiKey } = params.initializationOptions ?? {};
    const apiKeys = apiKey ? { [apiKey.provider]: apiKey.key } : {};
    app = await createApp({ ...options, overrides: [config], apiKeys });
    const client = connectionClient(connection, {
      name: params.clientInfo?.name ?? "editor",
      optOut: new Set(),
      mayExperiment: true,
      showsTerminals: belay?.terminals ?? false,
    });
    if (belay?.workspaceEdits) {
      app.connectEditor({
        applyEdit: (edit) => connection.request("workspace/applyEdit", edit),
        runInTerminal: belay.terminals
          ? (command, signal) => connection.request("belay/runInTerminal", command, { signal })
          : null,
      });
    }
    handshake = { kind: "ready", app, client, protocol: protocolOf(app, new Lanes()) };
    return {
      capabilities: {
        textDocumentSync: { openClose: true, change: 2 as const, save: { includeText: false } },
        codeActionProvider: { codeActionKinds },
      },
      serverInfo: { name: "belay", version: options.version },
    };
  };

  const editor = dispatcher<typeof editorRequests, null>(
    editorRequests,
    {
      initialize,
      shutdown: async () => {
        handshake = { kind: "leaving" };
        await app?.close();
        return null;
      },
      "belay/ping": async () => ({}),
      "textDocument/codeAction": async (params) => codeActions(params),
    },
    new Lanes(),
  );

  const connection: Connection = new Connection(
    bounded(pipe, { backlogOf, later }),
    {
      request(method, params, { signal, answerFirst }) {
        if (Object.hasOwn(editorRequests, method)) return editor(method, params, null, signal);
        if (handshake.kind === "ready") {
          return handshake.protocol(method, params, { client: handshake.client, answerFirst }, signal);
        }
        throw Object.hasOwn(clientRequests, method) ? notInitialized() : unknownMethod(method, allMethods);
      },
      notification(method, params) {
        if (method === "exit") leave();
        else if (method === "initialized" && handshake.kind === "ready") welcome(handshake.app, handshake.client);
        else if (handshake.kind === "ready") syncDocument(handshake.app, method, params);
      },
      malformed: (reason) => log("warning", `a message was ignored: ${reason}`),
      closed: () => leave(),
    },
    { nextId: options.nextRequestId },
  );

  const syncDocument = ({ documents }: App, method: string, params: unknown) => {
    try {
      if (method === "textDocument/didOpen") {
        documents.open(parseParams(editorNotifications[method].params, params).textDocument);
      } else if (method === "textDocument/didChange") {
        documents.change(parseParams(editorNotifications[method].params, params));
      } else if (method === "textDocument/didSave") {
        documents.saved(parseParams(editorNotifications[method].params, params).textDocument.uri);
      } else if (method === "textDocument/didClose") {
        documents.close(parseParams(editorNotifications[method].params, params).textDocument.uri);
      }
    } catch (error) {
      log("warning", `${method} was ignored: ${messageOf(error)}`);
    }
  };

  await left;
  connection.close("the editor has left");
  if (handshake.kind === "ready") farewell(handshake.app, handshake.client);
  app?.connectEditor(null);
  await app?.close();
}

const allMethods = [...Object.keys(editorRequests), ...Object.keys(clientRequests)];
