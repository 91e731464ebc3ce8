// Entry of the extension. Activation registers and returns; the server starts when something needs it, which at startup
// only changes do that wait for review.
import * as vscode from "vscode";
import type { EditorOptions } from "../server/protocol/editor.ts";
import { readApiKey } from "./api-key.ts";
import { Approvals } from "./approvals/approvals.ts";
import { Attention } from "./approvals/attention.ts";
import { ChangeDiffs } from "./edits/change-diffs.ts";
import { CHAT_VIEW, ChatView } from "./panel/chat-view.ts";
import { registerCommands } from "./commands.ts";
import { onConfigChanged, userConfig } from "./config.ts";
import type { Ctx } from "./ctx.ts";
import { applyEdit } from "./edits/edits.ts";
import { showFailure } from "./failures.ts";
import { BEAT_MS } from "./server/heartbeat.ts";
import { KeptWarnings } from "./server/kept-warnings.ts";
import { type Launch, launchOf } from "./server/launch.ts";
import { Notifications } from "./server/notifications.ts";
import { answerPanel, hostState } from "./panel/panel-requests.ts";
import {
  type RunEvents,
  ServerProcess,
  type ServerRun,
  type ServerState,
  ServerUnavailable,
  statusOf,
} from "./server/server-process.ts";
import { remembersReview, Review } from "./review/review.ts";
import { RunInTerminal } from "./terminals/run-in-terminal.ts";
import { RunningCommands } from "./terminals/running-commands.ts";
import { Sandbox } from "./status/sandbox.ts";
import { startRun } from "./server/server-run.ts";
import { Status } from "./status/status.ts";
import { ClosedTerminals } from "./terminals/stop-commands.ts";
import { tellFolders } from "./tell-folders.ts";
import { Terminals } from "./terminals/terminals.ts";
import type { ServerChoice, TestApi } from "./test-api.ts";
import { Threads } from "./threads/threads.ts";
import { Turns } from "./turns.ts";
import { waitingWords } from "./approvals/waiting-words.ts";
import { findFolder, localFolders, whyNoServer } from "./workspace.ts";

const START_TIMEOUT_MS = 20_000;
/** Of what the panel keeps for the next window, in this workspace. */
const KEPT_KEY = "belay.panel";

let active: Ctx | null = null;

export function activate(extension: vscode.ExtensionContext): TestApi | undefined {
  const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
  const log = vscode.window.createOutputChannel("Belay", { log: true });
  const belay = new Belay(extension, log);
  active = belay.ctx;
  extension.subscriptions.push(
    log,
    belay,
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, belay.ctx.panel),
    ...registerCommands(belay.ctx),
  );
  belay.startForReview();
  const { user, system } = process.cpuUsage(cpuBefore);
  log.info(`Activated in ${(performance.now() - startedAt).toFixed(1)} ms.`);
  return extension.extensionMode === vscode.ExtensionMode.Test ? belay.testApi((user + system) / 1_000) : undefined;
}

export async function deactivate(): Promise<void> {
  await active?.server.stop();
}

/** Builds the parts and tells each of them what concerns it. */
class Belay implements vscode.Disposable {
  readonly ctx: Ctx;
  readonly #approvals = new Approvals(() => this.#questionsChanged());
  readonly #runInTerminal: RunInTerminal;
  readonly #warnings = new KeptWarnings();
  readonly #attention: Attention;
  readonly #status = new Status();
  readonly #stateListeners = new Set<(state: ServerState) => void>();
  readonly #subscriptions: vscode.Disposable[];
  readonly #server: ServerChoice;

  constructor(extension: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#server = {
      module: vscode.Uri.joinPath(extension.extensionUri, "dist", "belay.mjs").fsPath,
      startTimeoutMs: START_TIMEOUT_MS,
      beatMs: BEAT_MS,
    };
    const notifications = new Notifications((sentence) => log.warn(sentence));
    const server = new ServerProcess({
      startRun: (events) => this.#startRun(events),
      obstacle: whyNoServer,
      changed: (state, from) => this.#serverChanged(state, from),
      gaveUp: (reason) => showFailure(this.ctx, new ServerUnavailable(reason)),
      now: () => performance.now(),
    });
    const turns = new Turns(notifications);
    const panel = this.#createPanel(extension, log);
    const isWaiting = (itemId: string) => this.#approvals.isWaiting(itemId);
    const runningCommands = new RunningCommands(notifications, isWaiting);
    const client = () => (server.state.kind === "running" ? server.state.client : null);
    const closedTerminals = new ClosedTerminals({
      client,
      isRunning: ({ item }) => runningCommands.all.some((command) => command.item.id === item.id),
      failed: (error) => showFailure(this.ctx, error),
    });
    const terminals = new Terminals({
      notifications,
      client,
      isWaiting,
      closed: (command) => closedTerminals.add(command),
    });
    const diffs = new ChangeDiffs();
    const review = new Review({ client, notifications, log, memory: extension.workspaceState });
    const threads = new Threads({ client, notifications, log, shown: () => this.#startForPanel() });
    const sandbox = new Sandbox(notifications, log, () => this.#show());
    this.#runInTerminal = new RunInTerminal(({ itemId }, terminal) => terminals.runsElsewhere(itemId, terminal));
    this.ctx = {
      extension,
      log,
      server,
      notifications,
      panel,
      terminals,
      turns,
      runningCommands,
      sandbox,
      diffs,
      review,
      threads,
    };
    this.#attention = new Attention(panel);
    this.#subscriptions = [
      this.#status,
      turns,
      runningCommands,
      terminals,
      sandbox,
      this.#runInTerminal,
      diffs,
      review,
      threads,
      review.list.onDidChange(() => this.#reviewChanged()),
      notifications.on("serverRequest/resolved", ({ requestId }) => this.#approvals.drop(requestId)),
      onConfigChanged(() => void this.#offerNewSettings()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        panel.stateChanged();
        void review.list.refresh();
        void tellFolders(client(), log);
      }),
      // A new thread runs in the folder of the file that a person looks at.
      vscode.window.onDidChangeActiveTextEditor(() => {
        if (localFolders().length > 1) panel.stateChanged();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        panel.stateChanged();
        this.#startForPanel();
        this.startForReview();
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #createPanel(extension: vscode.ExtensionContext, log: vscode.LogOutputChannel): ChatView {
    return new ChatView({
      extensionUri: extension.extensionUri,
      log,
      state: () => hostState(this.ctx),
      kept: () => extension.workspaceState.get(KEPT_KEY),
      request: (method, params, signal) => answerPanel(this.ctx, method, params, signal),
      handlers: {
        "panel/threadShown": ({ threadId }) => {
          this.ctx.turns.shownThreadId = threadId;
          this.ctx.threads.threadShown(threadId);
        },
        "panel/kept": ({ state }) => void extension.workspaceState.update(KEPT_KEY, state),
      },
      ready: (page) => {
        this.#warnings.panelReady(page);
        this.#approvals.panelReady(page);
      },
      gone: () => this.#approvals.panelGone(),
      visibilityChanged: () => {
        this.#show();
        this.ctx.threads.panelVisibilityChanged(this.ctx.panel.isVisible);
        this.#startForPanel();
      },
    });
  }

  #startRun(events: RunEvents): ServerRun {
    const { log, notifications, panel } = this.ctx;
    this.#warnings.runStarts();
    return startRun(
      {
        launch: launch(this.#server.module),
        startTimeoutMs: this.#server.startTimeoutMs,
        beatMs: this.#server.beatMs,
        log,
        editorOptions: () => this.#editorOptions(),
        applyEdit: (params) => applyEdit(params, log),
        runInTerminal: (params, signal) => this.#runInTerminal.run(params, signal),
        notification: (method, params) => {
          notifications.dispatch(method, params);
          this.#warnings.heard(method, params);
          panel.forward(method, params);
        },
        ask: (request, signal) => this.#approvals.ask(request, signal),
      },
      events,
    );
  }

  async #editorOptions(): Promise<EditorOptions> {
    const apiKey = await readApiKey(this.ctx.extension.secrets, this.ctx.log);
    const options: EditorOptions = { belay: { workspaceEdits: true, terminals: true }, config: userConfig() };
    return apiKey === undefined ? options : { ...options, apiKey };
  }

  #serverChanged(state: ServerState, from: ServerState): void {
    if (state.kind !== from.kind) this.ctx.log.info(`Server: ${state.kind}.`);
    // First of all, so that the panel knows why what it shows is taken back.
    this.ctx.panel.stateChanged();
    if (state.kind === "failed" || state.kind === "stopped") {
      // The end of a run's scope: whatever belonged to that process ends with it.
      const { terminals, turns, runningCommands, sandbox, review, threads } = this.ctx;
      for (const part of [this.#approvals, terminals, turns, runningCommands, sandbox, review, threads])
        part.serverEnded();
    }
    if (state.kind === "running" && from.kind !== "running") {
      void this.ctx.sandbox.read(state.client);
      void this.ctx.review.list.refresh();
      this.ctx.threads.serverRuns();
    }
    this.#show();
    for (const listener of this.#stateListeners) listener(state);
  }

  /** What the server says by itself is only what it and Belay did; the panel hears what people did, too. */
  #reviewChanged(): void {
    const { server, panel } = this.ctx;
    if (server.state.kind !== "running") return;
    for (const { cwd } of localFolders()) panel.forward("belay/review/updated", { cwd });
  }

  #questionsChanged(): void {
    this.ctx.terminals.questionsChanged();
    this.ctx.runningCommands.changed();
    this.#show();
  }

  #show(): void {
    const waiting = waitingWords(this.#approvals.methods);
    this.#status.show({
      server: statusOf(this.ctx.server.state),
      sandbox: this.ctx.sandbox.state,
      waiting,
      isPanelVisible: this.ctx.panel.isVisible,
    });
    this.#attention.update(waiting);
  }

  /** Marks of what waits for review are there when a window opens: nobody should have to open Belay for them. */
  startForReview(): void {
    const { extension, server, log } = this.ctx;
    const isWanted = remembersReview(extension.workspaceState) && findFolder() !== null && whyNoServer() === null;
    if (!isWanted || server.state.kind !== "stopped") return;
    log.info("Something waits for review here, so the server starts.");
    server.running().catch((error: unknown) => log.warn(String(error)));
  }

  /** A panel or a list on show needs the server. Why it does not start is for them to say; the panel has the state. */
  #startForPanel(): void {
    const { panel, threads, server, log } = this.ctx;
    if (!(panel.isVisible || threads.isVisible) || server.state.kind !== "stopped") return;
    server.running().catch((error: unknown) => log.warn(String(error)));
  }

  /** A server that does not run takes the settings when it starts. */
  async #offerNewSettings(): Promise<void> {
    if (this.ctx.server.state.kind !== "running") return;
    const restart = "Restart Belay";
    const choice = await vscode.window.showInformationMessage(
      "The new Belay settings hold from the next start of its server. A restart now stops what is running.",
      restart,
    );
    if (choice === restart) await vscode.commands.executeCommand("belay.restartServer");
  }

  testApi(activationCpuMs: number): TestApi {
    return {
      ctx: this.ctx,
      approvals: this.#approvals,
      activationCpuMs,
      useServer: async (choice) => {
        await this.ctx.server.stop();
        Object.assign(this.#server, choice);
      },
      onStateChanged: (listener) => {
        this.#stateListeners.add(listener);
        return { dispose: () => void this.#stateListeners.delete(listener) };
      },
      applyEdit: (params) => applyEdit(params, this.ctx.log),
      runInTerminal: this.#runInTerminal,
    };
  }
}

function launch(module: string): Launch {
  const http = vscode.workspace.getConfiguration("http");
  const isProxyUsed = http.get<string>("proxySupport") !== "off";
  return launchOf({
    module,
    editorRoot: vscode.env.appRoot,
    network: {
      proxy: isProxyUsed ? (http.get<string>("proxy") ?? "") : "",
      noProxy: http.get<string[]>("noProxy") ?? [],
      usesSystemCertificates: http.get<boolean>("systemCertificates") ?? true,
    },
    knownFlags: process.allowedNodeEnvironmentFlags,
  });
}
