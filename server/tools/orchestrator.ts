// The one place for: prepare -> approval -> sandbox -> run. Every call comes back as one outcome with one output for
// the model, whatever happened on the way; an item that was started is always completed here.
import type { Grant } from "../approval/grant.ts";
import { isUnconfined } from "../approval/policy.ts";
import type { ToolCallEntry, ToolSpec } from "../model/model.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { orAborted } from "../util/or-aborted.ts";
import { type Answered, askIfNeeded, notAnswered, sealed } from "./ask.ts";
import { type Allowable, type Decision, decide } from "./decide.ts";
import type { ToolDeps } from "./deps.ts";
import type { Announced } from "./call-previews.ts";
import { prepareContext, runContext } from "./contexts.ts";
import { complete, completeAnnounced, completeUnstarted, ended, ids, withReason } from "./item-ends.ts";
import { startThreadCommand } from "./thread-command.ts";
import {
  type Action,
  type Finished,
  type Immediate,
  immediate,
  type PlanUpdate,
  type Prepared,
  type Tool,
  type ToolItem,
} from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";
import { describeElsewhere, endedElsewhere } from "./run-elsewhere.ts";
import { bounded } from "./output-bounds.ts";
import { isSameChange } from "./same-change.ts";
import { sandboxHint } from "./sandbox-hint.ts";
import { lockOf } from "./turn-lock.ts";

export interface ToolOutcome {
  readonly output: string;
  readonly images?: readonly string[] | undefined;
  /** A person said: stop the turn as well. */
  readonly stopsTurn: boolean;
}

/** As the model is told of them. */
export function toolSpecs(offered: readonly Tool[]): ToolSpec[] {
  return offered.map((tool) => {
    const spec = specs.get(tool) ?? { name: tool.name, description: tool.description, input: tool.input() };
    specs.set(tool, spec);
    return spec;
  });
}

// Ours are the same for every turn, and a JSON schema is not made for nothing.
const specs = new WeakMap<Tool, ToolSpec>();

/** `announced` is the call's item where clients have seen it being written: it becomes the item of what is done. */
export async function runToolCall(
  call: ToolCallEntry,
  deps: ToolDeps,
  announced: Announced | null = null,
): Promise<ToolOutcome> {
  return bounded(await runCall(call, deps, announced));
}

async function runCall(call: ToolCallEntry, deps: ToolDeps, announced: Announced | null): Promise<ToolOutcome> {
  const tool = deps.tools.find(({ name }) => name === call.name);
  if (tool === undefined) return failedCall(call, `unsupported call: ${call.name}`, deps, announced);
  // It only looks, so it can be left behind: a disk that does not answer must not keep a turn from ending.
  const prepare: Prepare = (item) => {
    return orAborted(tool.prepare(call, prepareContext(deps, item)).catch(brokenCall(call)), deps.signal);
  };
  const prepared = await prepare(announced ?? { id: deps.newId(), startedAtMs: deps.now() });
  if (prepared === "aborted") return stoppedCall(deps, announced);
  if (prepared.kind === "immediate") return failedCall(call, prepared.output, deps, announced);
  if (prepared.kind === "plan") return tellPlan(prepared, deps);
  return decideAndRun({ call, prepare }, prepared, deps, announced);
}

/** Looks at what the call would do as things are now. */
type Prepare = (item: Pick<ToolItem, "id" | "startedAtMs">) => Promise<Prepared | Immediate | PlanUpdate | "aborted">;

interface Call {
  readonly call: ToolCallEntry;
  readonly prepare: Prepare;
}

function brokenCall({ name }: ToolCallEntry): (error: unknown) => Immediate {
  return (error) => immediate(`${name} failed inside Belay: ${messageOf(error)}`);
}

/** What nobody has seen leaves no trace. */
function stoppedCall(deps: ToolDeps, announced: Announced | null): ToolOutcome {
  if (announced !== null) completeAnnounced(announced, stopped, deps);
  return answer(stopped);
}

const MAX_SHOWN_INPUT = 4_000;

/** A call that never became an action leaves a trace all the same: people see that it failed, and why. */
function failedCall(call: ToolCallEntry, output: string, deps: ToolDeps, announced: Announced | null): ToolOutcome {
  if (announced !== null) {
    completeAnnounced(announced, output, deps);
    return answer(output);
  }
  const now = deps.now();
  const shown = { input: call.input.slice(0, MAX_SHOWN_INPUT) };
  const item = startedCall({ id: deps.newId(), tool: call.name, arguments: shown, startedAtMs: now });
  deps.emit({ method: "item/started", params: { item, ...ids(deps), startedAtMs: now } });
  complete(endedCall(item, { success: false, contentItems: textPart(output), completedAtMs: now }), deps);
  return answer(output);
}

function tellPlan({ explanation, plan, output }: PlanUpdate, deps: ToolDeps): ToolOutcome {
  deps.emit({ method: "turn/plan/updated", params: { ...ids(deps), explanation, plan } });
  return answer(output);
}

async function decideAndRun(
  { call, prepare }: Call,
  prepared: Prepared,
  deps: ToolDeps,
  announced: Announced | null,
): Promise<ToolOutcome> {
  const need = await decide(prepared.action, deps);
  if (need.kind === "forbid") return failedCall(call, need.message, deps, announced);
  if (deps.signal.aborted) return stoppedCall(deps, announced);
  show(prepared, announced !== null, deps);
  const answered = await askIfNeeded(prepared, need, deps);
  if (answered.kind === "refused") return refuse(prepared, deps, answered);
  if (answered.kind === "elsewhere") return runInTerminal(prepared, deps);
  const permission = { ...need, grant: answered.grant };
  return withNewPlans(
    await execute(prepared, permission, deps, { mayBeStale: true }),
    { prepare, prepared, need },
    deps,
  );
}

/** How often a plan that was overtaken is made anew, before the model hears of it. */
const maxNewPlans = 2;

/**
 * A plan that files have overtaken is made anew from what they are now. What a person approved is written without asking
 * only when it is the same change; another one is asked for, and none is forced.
 */
async function withNewPlans(
  first: Executed,
  attempt: { prepare: Prepare; prepared: Prepared; need: Allowable },
  deps: ToolDeps,
): Promise<ToolOutcome> {
  let [executed, { prepared, need }] = [first, attempt];
  for (let left = maxNewPlans; executed.isStale; left--) {
    const anew = await attempt.prepare(prepared.item);
    const fail = (output: string) => {
      complete(withReason({ item: ended(prepared.item, "failed", deps), output }), deps);
      return answer(output);
    };
    if (anew === "aborted") return fail(stopped);
    if (anew.kind !== "prepared") return fail(anew.output);
    const next = askedAgain(await decide(anew.action, deps), need);
    if (next.kind === "forbid") return fail(next.message);
    const isApproved = need.kind === "ask" && isSameChange(prepared.action, anew.action);
    [prepared, need] = [anew, next];
    show(prepared, true, deps);
    const answered = isApproved ? granted : await askIfNeeded(prepared, need, deps);
    if (answered.kind !== "granted")
      return refuse(prepared, deps, answered.kind === "refused" ? answered : notAnswered);
    executed = await execute(prepared, { ...need, grant: answered.grant }, deps, { mayBeStale: left > 1 });
  }
  return executed;
}

/** Who has answered once is told why there is a second question. */
function askedAgain(next: Decision, before: Allowable): Decision {
  if (next.kind !== "ask" || before.kind !== "ask") return next;
  return { ...next, because: `a file in it was changed since you were asked, and ${next.because}` };
}

const granted: Answered = { kind: "granted", grant: null };

/** From here on clients see what would really be done, and never a preview of it. */
function show({ item, isAnnounced }: Prepared, isPreviewed: boolean, deps: ToolDeps): void {
  if (isPreviewed && item.type === "fileChange") {
    const params = { ...ids(deps), itemId: item.id, changes: item.changes };
    deps.emit({ method: "item/fileChange/patchUpdated", params });
  } else if (!isAnnounced) {
    deps.emit({ method: "item/started", params: { item, ...ids(deps), startedAtMs: deps.now() } });
  }
}

/** What an action was allowed to do, and what confines it. */
interface Permission {
  readonly policy: SandboxPolicy;
  readonly grant: Grant | null;
  readonly onlyLooks: boolean;
}

async function runInTerminal({ action, item }: Prepared, deps: ToolDeps): Promise<ToolOutcome> {
  if (action.kind !== "command" || item.type !== "commandExecution" || deps.runInTerminal === null) {
    return answer(stopped);
  }
  const capture = await deps.capture(item.id);
  const result = await deps.runInTerminal({ itemId: item.id, script: action.script, cwd: action.cwd });
  await capture?.end();
  complete(endedElsewhere(item, result, deps.now()), deps);
  return answer(describeElsewhere(result));
}

/** Stale: its item goes on, for nothing was done. */
type Executed = ToolOutcome & { readonly isStale?: boolean };

/** Only here calls wait for each other. Whoever waits for a person holds nothing, nor does a command that goes on. */
async function execute(
  prepared: Prepared,
  permission: Permission,
  deps: ToolDeps,
  { mayBeStale }: { mayBeStale: boolean },
): Promise<Executed> {
  const { action } = prepared;
  if (action.kind === "client") {
    const finished = await runPrepared(prepared, permission, deps, { mayBeStale });
    return { ...answer(finished.output), images: finished.images };
  }
  const occupant = action.kind === "command" || action.kind === "stdin" ? "commands" : "files";
  const leave = await lockOf(deps.signal).enter(occupant, deps.signal);
  if (leave === null) {
    completeUnstarted(prepared, "declined", deps);
    return answer(stopped);
  }
  const finished = await runPrepared(prepared, permission, deps, { mayBeStale }).finally(leave);
  if (mayBeStale && finished.isStale) return { ...answer(finished.output), isStale: true };
  if (action.kind === "fileChange" && finished.item.status === "completed") await deps.filesChanged();
  const output = withSandboxHint(finished, action, permission.policy, deps);
  const note = occupant === "commands" ? await deps.commandNote() : null;
  return answer(note === null ? output : `${output}\n${note}`);
}

/**
 * Completes the item, unless it belongs to a command by then. A bug in a tool fails its item like any other trouble:
 * what was started completes.
 */
async function runPrepared(
  prepared: Prepared,
  permission: Permission,
  deps: ToolDeps,
  { mayBeStale }: { mayBeStale: boolean },
): Promise<Finished> {
  const { item, action } = prepared;
  const { policy, grant } = permission;
  // Ahead of the last looks at what was judged, which nothing is to come behind.
  const capture = mayWrite(action, permission) ? await deps.capture(item.id) : null;
  let isHandedOver = prepared.isAnnounced ?? false;
  const context = runContext(deps, item.id, (commandItem, request) => {
    isHandedOver = true;
    return startThreadCommand(commandItem, request, {
      ...deps,
      ...{ policy, capture },
      async start(r) {
        const problem = grant === null ? "it was not allowed. Nothing was run." : grant.spend(sealed(r, policy));
        return problem === null ? deps.start({ ...r, policy }) : { kind: "refused", message: problem };
      },
    });
  });
  const running = prepared.run(context).catch((error: unknown): Finished => {
    const broken = `It failed inside Belay: ${messageOf(error)}. It may have had effects.`;
    return { item: ended(item, "failed", deps), output: broken };
  });
  // Like preparing, reading may be left behind; so may a client that does not answer.
  const mayBeLeft = action.kind === "read" || action.kind === "client";
  const awaited = mayBeLeft ? await orAborted(running, deps.signal) : await running;
  const finished = awaited === "aborted" ? { item: ended(item, "failed", deps), output: stopped } : awaited;
  if (isHandedOver || (mayBeStale && finished.isStale)) return finished;
  await capture?.end();
  complete(withReason(finished), deps);
  return finished;
}

function mayWrite(action: Action, { policy, onlyLooks }: Permission): boolean {
  return action.kind === "command" && policy.type !== "readOnly" && !onlyLooks;
}

function withSandboxHint({ output, item }: Finished, action: Action, policy: SandboxPolicy, deps: ToolDeps): string {
  if (action.kind !== "command" || isUnconfined(policy) || item.status !== "failed") return output;
  const hint = sandboxHint({ script: action.script, output }, policy);
  if (hint === null) return output;
  deps.approvals.noteFailure(action.script, hint.hosts);
  return `${output}\n${hint.text}`;
}

function refuse(
  prepared: Prepared,
  deps: ToolDeps,
  { why, status, stopsTurn }: Extract<Answered, { kind: "refused" }>,
): ToolOutcome {
  completeUnstarted(prepared, status, deps);
  return { output: `${refused[prepared.action.kind]}: ${why}. Nothing was done.`, stopsTurn };
}

const refused: Record<Action["kind"], string> = {
  read: "reading failed",
  client: "the call failed",
  command: "exec_command failed",
  stdin: "write_stdin failed",
  fileChange: "patch rejected",
};

const stopped = "aborted by user. Nothing was done.";

function answer(output: string): ToolOutcome {
  return { output, stopsTurn: false };
}
