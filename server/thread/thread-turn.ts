// Runs one turn of a thread: says what begins and ends, and gives the loop what it needs.
import { developerMessage, interruptedMessage } from "../agent/context.ts";
import { runTurn, type TurnDeps, type TurnEnd } from "../agent/run-turn.ts";
import { ThreadProposals } from "../journal/review/thread-proposals.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { TokenUsageBreakdown, Turn } from "../protocol/turn.ts";
import { CallPreviews } from "../tools/call-previews.ts";
import { runToolCall, toolSpecs } from "../tools/orchestrator.ts";
import { lastTold, newFoldersOf, openingOf, permissionsOf } from "./carried-over.ts";
import { Compactor, type Outcome } from "./compactor.ts";
import { turnError } from "./record.ts";
import { onlyWithRoom } from "./saving.ts";
import { commandSandbox, rootsOf } from "./settings.ts";
import { takeInput } from "./take-input.ts";
import type { Thread } from "./thread.ts";
import type { QueuedInput, TurnOptions } from "./turn-life.ts";
import { diffTeller, toolsOf, turnTools } from "./turn-tools.ts";
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
  const takeWaiting = () => {
    const waiting = thread.life.takeWaitingInput();
    for (const queued of waiting) takeInput(thread, turn.id, queued);
    return waiting.length > 0;
  };
  const clock = startClock(thread, turn);
  await recordContext(thread);
  const offered = toolsOf(thread);
  const tools = toolSpecs(offered);
  const costs = turnCosts(thread, turn.id);
  const fit = new Compactor(thread, { turnId: turn.id, signal: abort.signal, tools, answered: costs.add });
  await fit.makeRoom([first.told]);
  takeInput(thread, turn.id, first);
  if (commandSandbox(thread.record.settings).type !== "readOnly") deps.expectCommands(rootsOf(thread.record.settings));
  const tellDiff = diffTeller(thread, turn.id);
  const told = {
    emit: (notification: ServerNotification) => thread.record.emit(notification),
    now: () => deps.now(),
    newId: () => deps.newId(),
  };
  const { cwd } = thread.record.settings;
  const proposals = new ThreadProposals({
    ...told,
    threadId: thread.id,
    files: deps.files,
    journal: () => deps.journal(cwd),
  });
  const previews = new CallPreviews({ ...ids, ...told, cwd });
  const turnDeps: TurnDeps = {
    ...told,
    ...ids,
    model: onlyWithRoom(thread.record, deps.selectModel(thread.record.settings.modelProvider)),
    request: {
      model: thread.record.settings.model,
      threadId: thread.id,
      effort: thread.record.settings.reasoningEffort,
      tools,
      outputSchema,
    },
    get history() {
      return thread.record.history;
    },
    fit,
    record: (entries) => thread.record.addHistory(entries),
    tools: {
      preview: (piece) => previews.push(piece),
      settle: (calls) => previews.settle(calls),
      run: async (call) => {
        const own = turnTools(thread, turn.id, { abort, offered, proposals, tellDiff });
        const outcome = await runToolCall(call, own, previews.take(call));
        const note = proposals.takeNote(cwd);
        return note === null ? outcome : { ...outcome, output: `${outcome.output}\n${note}` };
      },
      stop: () => abort.abort(),
    },
    takeInput: takeWaiting,
    reportUsage: (last) => {
      if (last !== null) costs.add(last);
    },
    newInput: () => thread.life.newInput,
    signal: abort.signal,
  };
  // Whatever breaks: a started item completes.
  const run = () => runTurn(turnDeps).finally(() => previews.settle([]));
  let end = await run();
  // The person's own commands may run on beside it: what they say meanwhile is answered at once.
  while (end.status === "completed" && (await thread.life.hearsMore())) {
    takeWaiting();
    end = await run();
  }
  if (abort.signal.aborted) {
    end = { status: "interrupted" };
    // What was said before the stop is kept: the model hears it with the next turn.
    takeWaiting();
    // Stopping a turn stops what it left in the background, too.
    await thread.commands.endOf(turn.id);
  }
  return finish(thread, turn.id, end, { ...clock(), usage: costs.sum });
}

/** A turn that only makes the history shorter. Whatever comes of it, nothing is added. */
export async function runCompactionTurn(
  thread: Thread,
  turn: Turn,
  openQuestions: readonly object[],
  abort: AbortController,
): Promise<boolean> {
  const clock = startClock(thread, turn);
  const tools = toolSpecs(toolsOf(thread));
  const costs = turnCosts(thread, turn.id);
  const place = { turnId: turn.id, signal: abort.signal, tools, answered: costs.add };
  const outcome = await new Compactor(thread, place).compact("manual", openQuestions);
  const failure = outcome.kind === "failed" ? outcome.failure : null;
  return note(thread, turn.id, failure === null ? endOf(outcome) : { status: "failed", failure }, {
    ...clock(),
    usage: costs.sum,
  });
}

/** That it was useless is said by the item; nothing has failed. */
function endOf({ kind }: Outcome): TurnEnd {
  return { status: kind === "interrupted" ? "interrupted" : "completed" };
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
  await runUserShell(thread, turn.id, command, abort.signal);
  if (abort.signal.aborted) for (const queued of thread.life.takeWaitingInput()) takeInput(thread, turn.id, queued);
  const status = abort.signal.aborted ? ("interrupted" as const) : ("completed" as const);
  return finish(thread, turn.id, { status }, { ...clock(), usage: null });
}

/** Says that the turn has begun. The result tells, later, how long it has been running. */
function startClock(thread: Thread, turn: Turn): () => { startedAtMs: number; durationMs: number } {
  const startedAtMs = thread.deps.now();
  const started = performance.now();
  const running: Turn = { ...turn, startedAt: Math.floor(startedAtMs / 1000) };
  thread.announceStatus();
  thread.record.emit({ method: "turn/started", params: { threadId: thread.id, turn: running } });
  return () => ({ startedAtMs, durationMs: performance.now() - started });
}

/** Adds up what the answers of a turn cost, and says so. */
function turnCosts(thread: Thread, turnId: string) {
  let sum: TokenUsageBreakdown | null = null;
  return {
    get sum() {
      return sum;
    },
    add(last: TokenUsageBreakdown) {
      sum = addUsage(sum ?? noUsage, last);
      thread.record.reportUsage(turnId, last, thread.limits.window);
    },
  };
}

async function finish(thread: Thread, turnId: string, end: TurnEnd, facts: TurnFacts): Promise<boolean> {
  if (end.status === "interrupted") thread.record.addHistory([developerMessage(interruptedMessage)]);
  return note(thread, turnId, end, facts);
}

interface TurnFacts {
  startedAtMs: number;
  durationMs: number;
  usage: TokenUsageBreakdown | null;
}

async function note(thread: Thread, turnId: string, end: TurnEnd, facts: TurnFacts): Promise<boolean> {
  // Nothing shows the turn as over before its end is told.
  await thread.life.besideEnded();
  const error = end.status === "failed" ? turnError(end.failure.message, end.failure.info, end.failure.details) : null;
  thread.record.finishTurn(turnId, {
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
  const permissions = await permissionsOf(thread);
  // Its first prompt may be all that the model is to hear of a process that died right behind it.
  const isNew = () => !thread.record.history.some((item) => item.type === "message" && item.role === "developer");
  const begins = isNew();
  const about = await (begins ? openingOf(thread) : newFoldersOf(thread));
  // Asked once more: something else may have begun the history meanwhile.
  const entries = begins && !isNew() ? [] : about;
  if (lastTold(thread, "<permissions>") !== permissions) entries.push(developerMessage(permissions));
  thread.record.addHistory(entries);
}
