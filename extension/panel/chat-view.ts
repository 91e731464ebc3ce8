// Hosts the chat panel: its page, and the relay between the page and the server. Holds no conversation; a page that was
// hidden or reloaded asks for everything anew.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type hostNotifications, panelNotifications } from "../../server/protocol/host-methods.ts";
import type { ParamsIn, ParamsOut } from "../../server/protocol/rows.ts";
import type { HostState } from "../../server/protocol/panel.ts";
import { Connection, type Receiver, type Transport } from "../../server/protocol/rpc/connection.ts";
import { parseParams } from "../../server/protocol/rpc/dispatch.ts";
import { panelHtml } from "./panel-html.ts";

export const CHAT_VIEW = "belay.chat";

type HostTable = typeof hostNotifications;
type PanelTable = typeof panelNotifications;
export type PanelHandlers = { readonly [M in keyof PanelTable]: (params: ParamsOut<PanelTable, M>) => void };

export interface ChatViewOptions {
  extensionUri: vscode.Uri;
  log: vscode.LogOutputChannel;
  state(): HostState;
  /** What the last page said by `panel/kept`; undefined: nothing. */
  kept(): unknown;
  /** Answers a request of the page, whatever it is. Throws RpcError. */
  request(method: string, params: unknown, signal: AbortSignal): Promise<unknown>;
  handlers: Omit<PanelHandlers, "panel/ready">;
  /** A page can be asked from now on; `gone` fires before the next one is announced. */
  ready(page: Connection): void;
  gone(): void;
  visibilityChanged(): void;
}

// absent --shown--> loading --panel/ready--> ready --hidden, disposed, reloaded--> absent
// A page's connection ends with the page, so that an answer never reaches the page after it.
type PageState =
  | { kind: "absent" }
  | { kind: "loading"; connection: Connection }
  | { kind: "ready"; connection: Connection };

export class ChatView implements vscode.WebviewViewProvider {
  readonly #options: ChatViewOptions;
  #view: vscode.WebviewView | null = null;
  #page: PageState = { kind: "absent" };
  /** Told as soon as there is a page to tell it to. */
  #untold: { method: string; params: unknown }[] = [];

  constructor(options: ChatViewOptions) {
    this.#options = options;
  }

  get isVisible(): boolean {
    return this.#view?.visible ?? false;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    const root = vscode.Uri.joinPath(this.#options.extensionUri, "dist", "webview");
    view.webview.options = { enableScripts: true, localResourceRoots: [root] };
    const listening = [
      view.onDidChangeVisibility(() => {
        // A hidden page is gone: retainContextWhenHidden is off. VS Code loads it anew when it is shown again.
        if (view.visible) this.#pageLoads(view.webview);
        else this.#pageGone("the panel is hidden");
        this.#options.visibilityChanged();
      }),
      view.onDidDispose(() => {
        for (const subscription of listening) subscription.dispose();
        this.#view = null;
        this.#pageGone("the panel was closed");
        this.#options.visibilityChanged();
      }),
    ];
    this.#pageLoads(view.webview);
    view.webview.html = panelHtml({
      cspSource: view.webview.cspSource,
      script: view.webview.asWebviewUri(vscode.Uri.joinPath(root, "main.js")).toString(),
      style: view.webview.asWebviewUri(vscode.Uri.joinPath(root, "main.css")).toString(),
      nonce: randomBytes(18).toString("base64"),
      kept: this.#options.kept(),
    });
    this.#options.visibilityChanged();
  }

  /** Shows the view and gives it the focus. */
  async reveal(): Promise<void> {
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
  }

  /** Shows the view and leaves the focus where it is. */
  async show(): Promise<void> {
    if (this.#view === null) await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`, { preserveFocus: true });
    else this.#view.show(true);
  }

  /** Tells the page now, or as soon as there is one. */
  tell<M extends keyof HostTable & string>(method: M, params: ParamsIn<HostTable, M>): void {
    if (this.#page.kind === "ready") this.#page.connection.notify(method, params);
    else this.#untold.push({ method, params });
  }

  /** Hands a notification of the server through. A page that is not there misses it and reads the thread later. */
  forward(method: string, params: unknown): void {
    if (this.#page.kind !== "absent") this.#page.connection.notify(method, params);
  }

  stateChanged(): void {
    const method: keyof HostTable = "host/state";
    if (this.#page.kind === "ready") this.#page.connection.notify(method, this.#options.state());
  }

  /** `null` removes the badge. */
  setBadge(badge: vscode.ViewBadge | null): void {
    if (this.#view !== null) this.#view.badge = badge ?? undefined;
  }

  #pageLoads(webview: vscode.Webview): void {
    this.#pageGone("the panel loads anew");
    const receiver: Receiver = {
      request: (method, params, { signal }) => this.#options.request(method, params, signal),
      notification: (method, params) => this.#onNotification(webview, method, params),
      malformed: (reason) => this.#options.log.warn(`The panel sent something unreadable: ${reason}`),
      closed: () => undefined,
    };
    this.#page = { kind: "loading", connection: new Connection(webviewTransport(webview), receiver) };
  }

  #pageReady(webview: vscode.Webview): void {
    // Said twice on one connection: the page was reloaded in place.
    if (this.#page.kind === "ready") this.#pageLoads(webview);
    if (this.#page.kind !== "loading") return;
    const { connection } = this.#page;
    this.#page = { kind: "ready", connection };
    this.stateChanged();
    for (const { method, params } of this.#untold.splice(0)) connection.notify(method, params);
    this.#options.ready(connection);
  }

  #pageGone(reason: string): void {
    if (this.#page.kind === "absent") return;
    const { connection } = this.#page;
    this.#page = { kind: "absent" };
    connection.close(reason);
    this.#options.gone();
  }

  #onNotification(webview: vscode.Webview, method: string, params: unknown): void {
    if (!isPanelNotification(method)) {
      this.#options.log.warn(`The panel sent a notification that does not exist: ${method}`);
      return;
    }
    const handlers: PanelHandlers = { ...this.#options.handlers, "panel/ready": () => this.#pageReady(webview) };
    try {
      handlers[method](parseParams(panelNotifications[method].params, params) as never);
    } catch (error) {
      this.#options.log.warn(`The panel's ${method} cannot be read.`, error);
    }
  }
}

function isPanelNotification(method: string): method is keyof PanelTable {
  return Object.hasOwn(panelNotifications, method);
}

function webviewTransport(webview: vscode.Webview): Transport {
  let listening: vscode.Disposable | undefined;
  return {
    send: async (message) => void (await webview.postMessage(message)),
    listen: (onMessage) => {
      listening = webview.onDidReceiveMessage(onMessage);
    },
    close: () => listening?.dispose(),
  };
}
