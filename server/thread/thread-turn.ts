// Runs one turn of a thread: says what begins and ends, and gives the loop what it needs.
import {
  developerMessage,
  foldersMessage,
  interruptedMessage,
  newInstructions,
  openingContext,
  permissionsMessage,
} from "../agent/context.ts";
import { runTurn, type TurnEnd } from "../agent/run-turn.ts";
import { ThreadProposals } from "../journal/review/thread-proposals.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { TokenUsageBreakdown, Turn } from "../protocol/turn.ts";
import { clientTools } from "../tools/client-tool.ts";
import { CallPreviews } from "../tools/call-previews.ts";
import { runToolCall, toolSpecs } from "../tools/orchestrator.ts";
import { turnError } from "./record.ts";
import { onlyWithRoom } from "./saving.ts";
import { commandSandbox, rootsOf } from "./settings.ts";
import type { Thread } from "./thread.ts";
import type { QueuedInput, TurnOptions } from "./turn-life.ts";
import { diffTeller, turnTools } from "./turn-tools.ts";
import { addUsage, noUsage } from "./usage.ts";
import { runUserShell, type ShellCommand } from "./user-shell.ts";

/** True when it failed. The turn's end is in the thread's record then; announcing it is the thread's part. */
export async function runThreadTurn(
  thread: Thread,
  turn: Turn,
  first: QueuedInput,
  { abort, outputSchema }: TurnOptions & { abort: AbortController },
): Promise<boolean> {
  const { deps } = thread;
  const ids = { threadId: thread.id, turnId: turn.id };
  const clock = startClock(thread, turn);
  await recordContext(thread);
  takeInput(thread, turn.id, first);
  if (commandSandbox(thread.settings).type !== "readOnly") deps.expectCommands(rootsOf(thread.settings));
  const tellDiff = diffTeller(thread, turn.id);
  const brought = clientTools(thread.meta.dynamicTools);
  const told = {
    emit: (notification: ServerNotification) => thread.emit(notification),
    now: () => deps.now(),
    newId: () => deps.newId(),
  };
  const { cwd } = thread.settings;
  const proposals = new ThreadProposals({
    ...told,
    threadId: thread.id,
    files: deps.files,
    journal: () => deps.journal(cwd),
  });
  const previews = new CallPreviews({ ...ids, ...told, cwd });
  let usage: TokenUsageBreakdown | null = null;
  const end = await runTurn({
    ...told,
    ...ids,
    model: onlyWithRoom(thread, deps.selectModel(thread.settings.modelProvider)),
    request: {
      model: thread.settings.model,
      threadId: thread.id,
      effort: thread.settings.reasoningEffort,
      tools: toolSpecs(brought),
      outputSchema,
    },
    history: thread.history,
    record: (entries) => thread.recordHistory(entries),
    tools: {
      preview: (piece) => previews.push(piece),
      settle: (calls) => previews.settle(calls),
      run: async (call) => {
        const own = turnTools(thread, turn.id, { abort, brought, proposals, tellDiff });
        const outcome = await runToolCall(call, own, previews.take(call));
        const note = proposals.takeNote(cwd);
        return note === null ? outcome : { ...outcome, output: `${outcome.output}\n${note}` };
      },
      stop: () => abort.abort(),
    },
    takeInput: () => {
      const waiting = thread.life.takeWaitingInput();
      for (const queued of waiting) takeInput(thread, turn.id, queued);
      return waiting.length > 0;
    },
    reportUsage: (last) => {
      if (last === null) return;
      usage = addUsage(usage ?? noUsage, last);
      thread.reportUsage(turn.id, last);
    },
    newInput: () => thread.life.newInput,
    signal: abort.signal,
    // Whatever breaks: a started item completes.
  }).finally(() => previews.settle([]));
  // The turn can end before it took what the user added to it. That is kept: the model hears it with the next turn.
  for (const queued of thread.life.takeWaitingInput()) takeInput(thread, turn.id, queued);
  // Stopping a turn stops what it left in the background, too.
  if (abort.signal.aborted) await thread.commands.endOf(turn.id);
  return finish(thread, turn.id, end, { ...clock(), usage });
}

/** A turn that is one command of the user's own. It asks no model. */
export async function runShellTurn(
  thread: Thread,
  turn: Turn,
  command: ShellCommand,
  abort: AbortController,
): Promise<boolean> {
  const clock = startClock(thread, turn);
  await recordContext(thread);
  thread.recordHistory([await runUserShell(thread, turn.id, command, abort.signal)]);
  for (const queued of thread.life.takeWaitingInput()) takeInput(thread, turn.id, queued);
  const status = abort.signal.aborted ? ("interrupted" as const) : ("completed" as const);
  return finish(thread, turn.id, { status }, { ...clock(), usage: null });
}

/** Says that the turn has begun. The result tells, later, how long it has been running. */
function startClock(thread: Thread, turn: Turn): () => { startedAtMs: number; durationMs: number } {
  const startedAtMs = thread.deps.now();
  const started = performance.now();
  const running: Turn = { ...turn, startedAt: Math.floor(startedAtMs / 1000) };
  thread.announceStatus();
  thread.emit({ method: "turn/started", params: { threadId: thread.id, turn: running } });
  return () => ({ startedAtMs, durationMs: performance.now() - started });
}

function finish(
  thread: Thread,
  turnId: string,
  end: TurnEnd,
  facts: { startedAtMs: number; durationMs: number; usage: TokenUsageBreakdown | null },
): boolean {
  const error = end.status === "failed" ? turnError(end.failure.message, end.failure.info, end.failure.details) : null;
  if (end.status === "interrupted") {
    thread.recordHistory([{ type: "message", role: "developer", text: interruptedMessage }]);
  }
  thread.finishTurn(turnId, {
    status: end.status,
    error,
    completedAt: Math.floor((facts.startedAtMs + facts.durationMs) / 1000),
    durationMs: Math.round(facts.durationMs),
    tokenUsage: facts.usage,
  });
  return error !== null;
}

/** The opening once a thread; the permissions whenever they differ from what the model was last told. */
export async function recordContext(thread: Thread): Promise<void> {
  const { deps, settings } = thread;
  const entries: HistoryItem[] = [];
  const isContainer = await deps.containerIsSandbox();
  const folders = rootsOf(settings);
  const toldFolders = lastTold(thread, "<folders>");
  // The opening has the folder that a thread begins in.
  const isUsual = folders.length === 1 && settings.cwd === thread.meta.cwd && toldFolders === null;
  const hasNewFolders = !isUsual && toldFolders !== foldersMessage(folders);
  const isNew = thread.history.length === 0;
  const instructions = isNew || hasNewFolders ? await deps.readInstructions(folders) : [];
  // Asked once more: something else may have begun the history meanwhile.
  if (thread.history.length === 0) {
    const { baseInstructions, developerInstructions } = thread.meta;
    const today = new Date(deps.now()).toISOString().slice(0, 10);
    const { cwd } = settings;
    entries.push(
      ...openingContext({ cwd, shell: deps.shell, platform: deps.platform, today, instructions, baseInstructions }),
    );
    if (developerInstructions !== null) entries.push(developerMessage(developerInstructions));
  }
  if (hasNewFolders) {
    entries.push(developerMessage(foldersMessage(folders)));
    const more = newInstructions(instructions, [...thread.history, ...entries]);
    if (more !== null) entries.push(more);
  }
  const permissions = permissionsMessage({
    ...settings,
    sandbox: commandSandbox(settings),
    onlyProposes: settings.edits === "propose",
    containerIsSandbox: isContainer,
  });
  if (lastTold(thread, "<permissions>") !== permissions) entries.push(developerMessage(permissions));
  thread.recordHistory(entries);
}

/** What the model was last told of our own in a message that begins with this tag; null: nothing. */
function lastTold(thread: Thread, tag: string): string | null {
  const told = thread.history.findLast(
    (item) => item.type === "message" && item.role === "developer" && item.text.startsWith(tag),
  );
  return told?.type === "message" ? told.text : null;
}

function takeInput(thread: Thread, turnId: string, { input, told, clientId }: QueuedInput): void {
  const now = thread.deps.now();
  const item = {
    type: "userMessage" as const,
    id: thread.deps.newId(),
    clientId,
    content: input,
    startedAtMs: now,
    completedAtMs: now,
  };
  const params = { item, threadId: thread.id, turnId };
  const started = { ...item, completedAtMs: null };
  thread.emit({ method: "item/started", params: { ...params, item: started, startedAtMs: now } });
  thread.emit({ method: "item/completed", params: { ...params, contentTokenCount: null, completedAtMs: now } });
  thread.recordHistory([told]);
}
