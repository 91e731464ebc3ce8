// What the tools of one turn are given: the thread's settings, questions, files and journal, as they see them.
import type { Capture } from "../journal/capture/capture.ts";
import type { ThreadProposals } from "../journal/review/thread-proposals.ts";
import { serverRequests } from "../protocol/methods.ts";
import { clientTools } from "../tools/client-tool.ts";
import type { RunInTerminalRequest, ToolDeps } from "../tools/deps.ts";
import { offeredTools } from "../tools/registry.ts";
import type { FileReader, Tool } from "../tools/tool.ts";
import { chosenSandbox, commandSandbox, rootsOf } from "./settings.ts";
import type { Thread } from "./thread.ts";

/** What lives as long as the turn. */
interface TurnParts {
  readonly abort: AbortController;
  readonly offered: readonly Tool[];
  readonly proposals: ThreadProposals;
  tellDiff(): Promise<void>;
}

export function turnTools(
  thread: Thread,
  turnId: string,
  { abort, offered, proposals, tellDiff }: TurnParts,
): ToolDeps {
  const { deps } = thread;
  const { settings } = thread.record;
  // What builds on a proposal can only be one. Decided once a call: what nobody was asked about is never written.
  let decided: boolean | null = null;
  const isProposed = async (realPaths: readonly string[]) =>
    (decided ??= settings.edits === "propose" || (await proposals.has(realPaths)));
  return {
    threadId: thread.id,
    turnId,
    cwd: settings.cwd,
    approvalPolicy: settings.approvalPolicy,
    sandbox: chosenSandbox(settings),
    commandSandbox: commandSandbox(settings),
    onlyProposes: settings.edits === "propose",
    signal: abort.signal,
    approvals: thread.approvals,
    files: withProposals(deps.files, proposals),
    proposes: (targets) => isProposed(targets.map(({ realPath }) => realPath)),
    commandNote: () => proposals.unseenByCommands(settings.cwd),
    sandboxUnavailable: () => deps.sandboxUnavailable(commandSandbox(settings)),
    containerIsSandbox: () => deps.containerIsSandbox(),
    commands: thread.commands,
    hasTerminals: () => deps.hasTerminals(),
    start: (request) => deps.start({ ...request, threadId: thread.id, threadCwd: settings.cwd }),
    rules: () => deps.rules.current(),
    addRule: (rule) => deps.rules.add(rule),
    get runInTerminal() {
      const run = deps.runInTerminal;
      return run === null
        ? null
        : (command: RunInTerminalRequest) => run({ ...command, threadId: thread.id, turnId }, abort.signal);
    },
    write: async (plan, limits, itemId) => {
      const source = { kind: "patch" as const, threadId: thread.id, turnId, itemId, of: [] };
      const { realPaths } = limits;
      return (await isProposed([...realPaths.values()]))
        ? proposals.propose(plan, source, realPaths)
        : deps.write(settings.cwd, source, plan, limits);
    },
    capture: async (itemId) => {
      const capture = await deps.capture(rootsOf(settings), { threadId: thread.id, turnId, itemId }, abort.signal);
      return capture === null ? null : { end: () => endOf(capture, tellDiff) };
    },
    tools: offered,
    ask: async (request) => {
      const answer = await thread.desk.ask(request, abort.signal);
      if (answer.kind !== "answered") return answer.kind === "cancelled" ? "cancel" : "failed";
      const { result } = serverRequests[request.method];
      const parsed = result.safeParse(answer.value);
      return parsed.success ? parsed.data.decision : "failed";
    },
    askClient: async (request) => {
      const answer = await thread.desk.ask(request, abort.signal);
      return answer.kind === "answered" ? answer.value : null;
    },
    filesChanged: tellDiff,
    emit: (notification) => thread.record.emit(notification),
    now: () => deps.now(),
    newId: () => deps.newId(),
  };
}

/** What the model of a turn that begins now is told of. */
export function toolsOf({ deps, record }: Thread): Tool[] {
  return offeredTools(deps.config, clientTools(record.meta.dynamicTools));
}

/** From the journal, so that what commands and formatters changed is in it. Only news is told. Must not reject. */
export function diffTeller(thread: Thread, turnId: string): () => Promise<void> {
  const { deps } = thread;
  const { settings } = thread.record;
  let last = "";
  let telling = Promise.resolve();
  const tell = async () => {
    try {
      const journal = await deps.journal(settings.cwd);
      const changes = (await journal.changes()).filter(({ source, state }) => {
        const isOwn = source.kind === "patch" || source.kind === "command";
        return isOwn && source.turnId === turnId && state === "applied";
      });
      const { turnDiff } = await import("../journal/review/turn-diff.ts");
      const diff = await turnDiff(changes, (image) => journal.bytesOf(image), journal.cwd);
      // A command can end behind its turn, of which nothing more is told then.
      const isOver = thread.record.turns.find(({ id }) => id === turnId)?.status !== "inProgress";
      if (diff === last || isOver) return;
      last = diff;
      thread.record.emit({ method: "turn/diff/updated", params: { threadId: thread.id, turnId, diff } });
    } catch (error) {
      deps.log("warning", `the diff of turn ${turnId} is not known`, error);
    }
  };
  // One behind the other, so that the last one told is the latest.
  return () => (telling = telling.then(tell));
}

async function endOf(capture: Capture, tell: () => Promise<void>): Promise<boolean> {
  const hasChanges = await capture.end();
  if (hasChanges) await tell();
  return hasChanges;
}

function withProposals(files: FileReader, proposals: ThreadProposals): FileReader {
  return {
    ...files,
    read: (path, permits) => proposals.read(path, permits),
    search: async (request) => files.search({ ...request, instead: await proposals.texts() }),
  };
}
