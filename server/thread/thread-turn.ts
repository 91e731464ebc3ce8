// Runs one turn of a thread: says what begins and ends, and gives the loop what it needs.
import { interruptedMessage, openingContext, permissionsMessage } from "../agent/context.ts";
import { runTurn, type TurnEnd } from "../agent/run-turn.ts";
import { TurnDiff } from "../files/turn-diff.ts";
import type { HistoryItem } from "../model/model.ts";
import type { TokenUsageBreakdown, Turn, TurnError } from "../protocol/turn.ts";
import type { UserInput } from "../protocol/user-input.ts";
import { runToolCall, type ToolDeps, toolSpecs } from "../tools/orchestrator.ts";
import type { QueuedInput, Thread } from "./thread.ts";
import { addUsage, noUsage } from "./usage.ts";

/** True when it failed. The turn's end is in the thread's record then; announcing it is the thread's part. */
export async function runThreadTurn(
  thread: Thread,
  turn: Turn,
  first: QueuedInput,
  abort: AbortController,
): Promise<boolean> {
  const { deps } = thread;
  const ids = { threadId: thread.id, turnId: turn.id };
  const startedAtMs = deps.now();
  const started = performance.now();
  const running: Turn = { ...turn, startedAt: Math.floor(startedAtMs / 1000) };
  thread.announceStatus();
  thread.emit({ method: "turn/started", params: { threadId: thread.id, turn: running } });

  await recordContext(thread);
  takeInput(thread, turn.id, first);
  const diff = new TurnDiff();
  let usage: TokenUsageBreakdown | null = null;
  const end = await runTurn({
    ...ids,
    model: deps.selectModel(thread.settings.modelProvider),
    request: {
      model: thread.settings.model,
      threadId: thread.id,
      effort: thread.settings.reasoningEffort,
      tools: toolSpecs(),
    },
    history: thread.history,
    record: (entries) => thread.recordHistory(entries),
    tools: { run: (call) => runToolCall(call, toolDeps(thread, turn.id, diff, abort)), stop: () => abort.abort() },
    takeInput: () => {
      const waiting = thread.takeWaitingInput();
      for (const queued of waiting) takeInput(thread, turn.id, queued);
      return waiting.length > 0;
    },
    reportUsage: (last) => {
      if (last === null) return;
      usage = addUsage(usage ?? noUsage, last);
      thread.reportUsage(turn.id, last);
    },
    signal: abort.signal,
    emit: (notification) => thread.emit(notification),
    now: () => deps.now(),
    newId: () => deps.newId(),
  });
  // The turn can end before it took what the user added to it. That is kept: the model hears it with the next turn.
  for (const queued of thread.takeWaitingInput()) takeInput(thread, turn.id, queued);
  return finish(thread, turn.id, end, { startedAtMs, durationMs: performance.now() - started, usage });
}

function finish(
  thread: Thread,
  turnId: string,
  end: TurnEnd,
  facts: { startedAtMs: number; durationMs: number; usage: TokenUsageBreakdown | null },
): boolean {
  const error: TurnError | null =
    end.status === "failed"
      ? { message: end.failure.message, codexErrorInfo: end.failure.info, additionalDetails: end.failure.details }
      : null;
  if (end.status === "interrupted") {
    thread.recordHistory([{ type: "message", role: "developer", text: interruptedMessage }]);
  }
  if (error !== null) {
    thread.emit({ method: "error", params: { error, willRetry: false, threadId: thread.id, turnId } });
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
async function recordContext(thread: Thread): Promise<void> {
  const { deps, settings } = thread;
  const entries: HistoryItem[] = [];
  if (thread.history.length === 0) {
    const instructions = await deps.readInstructions(settings.cwd);
    const today = new Date(deps.now()).toISOString().slice(0, 10);
    entries.push(
      ...openingContext({ cwd: settings.cwd, shell: deps.shell, platform: deps.platform, today, instructions }),
    );
  }
  const permissions = permissionsMessage(settings);
  const told = thread.history.findLast(
    (item) => item.type === "message" && item.role === "developer" && item.text.startsWith("<permissions>"),
  );
  if (told?.type !== "message" || told.text !== permissions) {
    entries.push({ type: "message", role: "developer", text: permissions });
  }
  thread.recordHistory(entries);
}

function takeInput(thread: Thread, turnId: string, { input, clientId }: QueuedInput): void {
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
  thread.emit({ method: "item/started", params: { ...params, startedAtMs: now } });
  thread.emit({ method: "item/completed", params: { ...params, completedAtMs: now } });
  thread.recordHistory([{ type: "message", role: "user", text: input.map(inputText).join("\n") }]);
}

function inputText(part: UserInput): string {
  return part.type === "text" ? part.text : `[The user points at the file ${part.path}]`;
}

function toolDeps(thread: Thread, turnId: string, diff: TurnDiff, abort: AbortController): ToolDeps {
  const { deps, settings } = thread;
  return {
    threadId: thread.id,
    turnId,
    cwd: settings.cwd,
    approvalPolicy: settings.approvalPolicy,
    sandbox: settings.sandbox,
    signal: abort.signal,
    approvals: thread.approvals,
    files: deps.files,
    sandboxUnavailable: () => deps.sandboxUnavailable(),
    execute: ({ sandboxed, ...request }) =>
      deps.execute({
        ...request,
        threadId: thread.id,
        threadCwd: settings.cwd,
        policy: sandboxed ? settings.sandbox : { type: "dangerFullAccess" },
      }),
    write: (plan, limits) => deps.write(plan, limits),
    ask: (request) => thread.desk.ask(request, abort.signal),
    filesChanged: (plan) => {
      diff.add(plan);
      const params = { threadId: thread.id, turnId, diff: diff.text(settings.cwd) };
      thread.emit({ method: "turn/diff/updated", params });
    },
    emit: (notification) => thread.emit(notification),
    now: () => deps.now(),
    newId: () => deps.newId(),
  };
}
