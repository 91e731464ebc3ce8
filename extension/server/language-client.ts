// The wire of one server run: how vscode-languageclient forks and talks, and how that joins the rest of the extension.
import type { ChildProcess } from "node:child_process";
import type * as vscode from "vscode";
import type * as languageclient from "vscode-languageclient/node";
import type { ApplyEditResult } from "../../server/protocol/apply-edit.ts";
import type { RunInTerminalResult } from "../../server/protocol/command.ts";
import type { EditorOptions } from "../../server/protocol/editor.ts";
import { clientRequests, serverNotifications, serverRequests } from "../../server/protocol/methods.ts";
import { parseParams } from "../../server/protocol/rpc/dispatch.ts";
import { RpcError } from "../../server/protocol/rpc/errors.ts";
import type { RequestId } from "../../server/protocol/rpc/messages.ts";
import type { Client } from "./client.ts";
import type { Launch } from "./launch.ts";

type Library = typeof languageclient;
type LanguageClient = languageclient.LanguageClient;

export interface WireOptions {
  launch: Launch;
  log: vscode.LogOutputChannel;
  editorOptions: EditorOptions;
  applyEdit(params: unknown): Promise<ApplyEditResult>;
  runInTerminal(params: unknown, signal: AbortSignal): Promise<RunInTerminalResult>;
  notification(method: string, params: unknown): void;
  /** A request of the server that a person answers. */
  ask(request: { id: RequestId; method: string; params: unknown }, signal: AbortSignal): Promise<unknown>;
}

export interface ProcessEvents {
  /** The server's process exists; nothing was said yet. */
  forked(child: ChildProcess): void;
  /** A line of its stderr. */
  printed(line: string): void;
}

export function createLanguageClient(library: Library, options: WireOptions, process: ProcessEvents): LanguageClient {
  const { launch, log } = options;
  const QuietClient = quietClient(library, process);
  const ids = new WeakMap<object, RequestId>();
  const client = new QuietClient(
    "belay",
    "Belay",
    {
      module: launch.module,
      args: launch.args,
      transport: library.TransportKind.ipc,
      options: { env: launch.env, execArgv: launch.execArgv },
    },
    {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      initializationOptions: options.editorOptions,
      outputChannel: log,
      revealOutputChannelOn: library.RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      stdioOptions: {
        stdout: (input) => forEachLine(input, (line) => log.info(line)),
        stderr: (input) => forEachLine(input, (line) => process.printed(line)),
      },
      errorHandler: {
        error: () => ({ action: library.ErrorAction.Continue, handled: true }),
        // Restarting is ServerProcess's decision: it knows how often, and everyone can see its state.
        closed: () => ({
          action: library.CloseAction.DoNotRestart,
          handled: true,
          message: "The connection was closed.",
        }),
      },
      // A request's id is not handed to its handler; `serverRequest/resolved` names requests by it.
      connectionOptions: {
        messageStrategy: {
          handleMessage: (message, next) => {
            const { id, params } = message as { id?: RequestId; params?: unknown };
            if (id !== undefined && typeof params === "object" && params !== null) ids.set(params, id);
            return next(message);
          },
        },
      },
      middleware: {
        workspace: { handleApplyEdit: async (params) => asLspResult(await options.applyEdit(params)) },
      },
    },
  );
  joinWire(library, client, options, ids);
  return client;
}

/** The library's client without its own pop-ups, telling of the process it forks. */
function quietClient(library: Library, process: ProcessEvents): Library["LanguageClient"] {
  return class extends library.LanguageClient {
    // They name neither cause nor cure; ServerState and one message of ours take their place.
    override error(message: string, data?: unknown): void {
      super.error(message, data, false);
    }

    protected override async createMessageTransports(encoding: string): Promise<languageclient.MessageTransports> {
      const transports = await super.createMessageTransports(encoding);
      if (this.serverProcess !== undefined) process.forked(this.serverProcess);
      return transports;
    }
  };
}

function joinWire(
  library: Library,
  client: LanguageClient,
  options: WireOptions,
  ids: WeakMap<object, RequestId>,
): void {
  for (const method of Object.keys(serverNotifications)) {
    client.onNotification(method, (params: unknown) => options.notification(method, params));
  }
  const runInTerminal: keyof typeof serverRequests = "belay/runInTerminal";
  client.onRequest(runInTerminal, (params: unknown, token: vscode.CancellationToken) =>
    options.runInTerminal(params, abortSignal(token)),
  );
  for (const [method, row] of Object.entries(serverRequests)) {
    // What no part of the extension answers is refused at once; it brings no tools of its own, for one.
    if (row.from.length === 0) {
      client.onRequest(method, () => {
        throw new library.ResponseError(library.ErrorCodes.MethodNotFound, `Belay for VS Code answers no ${method}.`);
      });
    }
    // The others are the editor's own: answered above, or by the language client through its middleware.
    if (!row.from.includes("webview")) continue;
    client.onRequest(method, async (params: object, token: vscode.CancellationToken) => {
      const id = ids.get(params);
      if (id === undefined) throw new library.ResponseError(library.ErrorCodes.InvalidRequest, "The id is missing.");
      try {
        return await options.ask({ id, method, params }, abortSignal(token));
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        throw new library.ResponseError(error.code, error.message, error.data);
      }
    });
  }
}

export function typedClient(library: Library, client: LanguageClient): Client {
  const send = async (method: string, params: unknown, signal?: AbortSignal): Promise<unknown> => {
    const cancellation = new library.CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await client.sendRequest<unknown>(method, params, cancellation.token);
    } catch (error) {
      throw asRpcError(library, error);
    } finally {
      signal?.removeEventListener("abort", cancel);
      cancellation.dispose();
    }
  };
  return {
    relay: send,
    request: async (method, params) => {
      const result = await send(method, parseParams(clientRequests[method].params, params));
      return clientRequests[method].result.parse(result) as never;
    },
  };
}

function asRpcError(library: Library, error: unknown): RpcError {
  const gone: readonly number[] = [library.ErrorCodes.PendingResponseRejected, library.ErrorCodes.ConnectionInactive];
  if (error instanceof library.ResponseError && !gone.includes(error.code)) {
    return new RpcError(error.code, error.message, { data: error.data, cause: error });
  }
  const sentence = "Belay's server ended before it answered. Try again once it runs.";
  return new RpcError(library.ErrorCodes.InternalError, sentence, { cause: error });
}

// The library's type wants the field absent rather than undefined.
/** What the Language Server Protocol does not know of it goes along. */
function asLspResult({ failureReason, ...result }: ApplyEditResult): languageclient.ApplyWorkspaceEditResult {
  return failureReason === undefined ? result : { ...result, failureReason };
}

function abortSignal(token: vscode.CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  else token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}

function forEachLine(input: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  input.setEncoding("utf8");
  input.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onLine(line.trimEnd());
  });
  input.on("end", () => {
    if (rest.trim() !== "") onLine(rest.trimEnd());
  });
}
