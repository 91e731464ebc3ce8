// The panel's entry: takes the wire, draws, and follows what the extension and the server say.
import "@vscode/codicons/dist/codicon.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/transcript.css";
import "./styles/rows.css";
import "./styles/cards.css";
import "./styles/items.css";
import "./styles/diff.css";
import "./styles/approvals.css";
import "./styles/composer.css";
import "./styles/context-ring.css";
import "./styles/sandbox-note.css";
import "./styles/queue.css";
import "./styles/history.css";
import "./styles/markdown.css";
import "./styles/review.css";
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { type Actions, createActions } from "./actions.ts";
import { messageOf } from "../server/protocol/rpc/errors.ts";
import { createAskPerson } from "./approvals/pending.ts";
import type { PicksByCard } from "./approvals/picks.ts";
import { Drafts } from "./composer/drafts.ts";
import { connectPanel, type Incoming, type PanelConnection } from "./connection.ts";
import { App } from "./shell/app.tsx";
import { ErrorBoundary } from "./shell/error-boundary.tsx";
import { newestPersisted, type Persisted } from "./state/persisted.ts";
import { initialState, shownThreadId } from "./state/state.ts";
import { createStore, type Store } from "./state/store.ts";
import { keptUnsent, swapUnsent } from "./state/unsent.ts";

const api = acquireVsCodeApi();
const kept = newestPersisted(api.getState(), keptByExtension());
const aside = new Map(Object.entries(kept.unsent));
const { lastMode, dismissed } = kept;
const store = createStore(nextFrame, swapUnsent({ ...initialState, aside, lastMode, dismissed }, null));
const drafts = new Drafts(
  store.select(({ view }) => shownThreadId(view)),
  kept.drafts,
);
const isThreadListOpen = signal(false);
const turnToShow = signal<string | null>(null);
const picks = signal<PicksByCard>(kept.picks);
const composer: { current: HTMLTextAreaElement | null } = { current: null };

const connection = connectPanel(api, window, {
  request: createAskPerson(store),
  notification: (method, params) => onNotification({ method, params } as Incoming),
  malformed: (reason) => console.warn(`A message that cannot be read: ${reason}`),
  closed: (reason) => console.warn(`The wire to the editor has ended: ${reason}`),
});
const actions = createActions({ store, connection, drafts, newId: () => crypto.randomUUID() });

start(store, connection, actions, kept);

function start(
  panelStore: Store,
  wire: PanelConnection,
  does: Actions,
  { threadId, sequence: first }: Persisted,
): void {
  const root = document.getElementById("root") ?? document.body.appendChild(document.createElement("div"));
  root.id = "root";
  render(
    <ErrorBoundary onReload={() => readAgain(panelStore, does)} onNewThread={() => does.newThread()}>
      <App panel={{ store: panelStore, actions: does, drafts, picks, isThreadListOpen, turnToShow, composer, now }} />
    </ErrorBoundary>,
    root,
  );
  if (threadId !== null) panelStore.dispatch({ type: "threadOpening", threadId });
  const shownId = panelStore.select(({ view }) => shownThreadId(view));
  // Only these parts make it anew: a log that streams in does not.
  const choice = panelStore.select((state) => state.choice);
  const outgoing = panelStore.select((state) => state.outgoing);
  const others = panelStore.select((state) => state.aside);
  const lastMode = panelStore.select((state) => state.lastMode);
  const dismissed = panelStore.select((state) => state.dismissed);
  let sequence = first;
  const keep = (parts: Omit<Persisted, "sequence">) => {
    const state: Persisted = { sequence: ++sequence, ...parts };
    api.setState(state);
    wire.notify("panel/kept", { state });
  };
  effect(() =>
    keep({
      threadId: shownId.value,
      drafts: drafts.kept,
      unsent: keptUnsent(shownId.value, { choice: choice.value, outgoing: outgoing.value }, others.value),
      lastMode: lastMode.value,
      dismissed: dismissed.value,
      picks: picks.value,
    }),
  );
  effect(() => wire.notify("panel/threadShown", { threadId: shownId.value }));
  effect(() => {
    if (isThreadListOpen.value) void browse(does);
  });
  wire.notify("panel/ready", {});
}

// Of the window before, when it did not come to its end.
function keptByExtension(): unknown {
  const text = document.getElementById("root")?.dataset["kept"];
  return text === undefined ? null : JSON.parse(text);
}

// The editor does not reload the page of a view: what cannot be drawn is dropped, and the thread is read anew.
function readAgain(panelStore: Store, does: Actions): void {
  const threadId = shownThreadId(panelStore.state.peek().view);
  does.newThread();
  if (threadId !== null) void does.openThread(threadId);
}

function onNotification(incoming: Incoming): void {
  switch (incoming.method) {
    case "host/state": {
      const wasRunning = store.state.peek().host?.server.kind === "running";
      store.dispatch({ type: "hostChanged", host: incoming.params });
      if (incoming.params.server.kind !== "running") actions.serverGone();
      else if (!wasRunning) onServerRunning();
      return;
    }
    case "host/showThread":
      isThreadListOpen.value = false;
      turnToShow.value = incoming.params.turnId ?? null;
      void actions.openThread(incoming.params.threadId);
      return;
    case "host/newThread":
      isThreadListOpen.value = false;
      actions.newThread();
      composer.current?.focus();
      return;
    case "host/showThreads":
      isThreadListOpen.value = true;
      return;
    case "host/focusComposer":
      composer.current?.focus();
      return;
    case "host/compactThread":
      void actions.compact();
      return;
    case "thread/unarchived":
    case "thread/section/changed":
      // Where it stands in the list now, and under which name, the server knows.
      if (isThreadListOpen.peek()) void browse(actions);
      if (store.state.peek().threads !== null) void actions.listThreads();
      store.dispatch({ type: "notified", notification: incoming });
      return;
    case "belay/review/updated":
      void actions.listReview();
      return;
    case "thread/queue/changed":
      if (shownThreadId(store.state.peek().view) === incoming.params.threadId)
        void actions.listQueue(incoming.params.threadId);
      return;
    case "thread/reverted":
      // What is left of it, only the server knows.
      if (shownThreadId(store.state.peek().view) === incoming.params.threadId)
        void actions.openThread(incoming.params.threadId);
      return;
    case "thread/archived":
    case "thread/deleted":
    case "thread/closed":
      if (incoming.method === "thread/deleted") drafts.forget(incoming.params.threadId);
      actions.threadClosed(incoming.params.threadId);
      store.dispatch({ type: "notified", notification: incoming });
      return;
    default:
      store.dispatch({ type: "notified", notification: incoming });
  }
}

// Also after a restart: the thread on screen is read again, because only the server knows how it went on.
function onServerRunning(): void {
  const threadId = shownThreadId(store.state.peek().view);
  if (threadId !== null) void actions.openThread(threadId);
  if (store.state.peek().host?.workspace) void actions.listThreads();
  if (store.state.peek().host?.workspace) void actions.listReview();
  void actions.readDefaults();
  void actions.readSandbox();
  void actions.listModels();
}

async function browse({ threads }: Actions): Promise<void> {
  await threads
    .browse()
    .catch((error: unknown) => store.dispatch({ type: "noticed", text: messageOf(error), threadId: null }));
}

// An event is as old as the press that made it, however late the page comes to it.
function now(event?: Event): number {
  return event?.timeStamp ?? performance.now();
}

// A hidden page draws no frames, but what arrives must still be taken in.
function nextFrame(work: () => void): void {
  if (document.visibilityState === "visible") requestAnimationFrame(work);
  else queueMicrotask(work);
}
