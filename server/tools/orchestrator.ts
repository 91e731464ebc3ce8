// The one place for: prepare -> approval -> sandbox -> run. Every call comes back as one outcome with one output for
// the model, whatever happened on the way; an item that was started is always completed here.
import type * as z from "zod";
import { commandKey, fileKey, type SessionApprovals } from "../approval/approvals.ts";
import { describeSandbox, explainApproval } from "../approval/explain.ts";
import { type ActionFacts, isOrdinary, type Requirement, requirement } from "../approval/policy.ts";
import type { FilePlan } from "../files/patch-plan.ts";
import type { ToolCallEntry, ToolSpec } from "../model/model.ts";
import type { ApprovalDecision, ApprovalPolicy } from "../protocol/approval.ts";
import { DynamicToolCallResponse } from "../protocol/item.ts";
import type { ParamsOut } from "../protocol/rows.ts";
import type { ServerNotification, serverRequests } from "../protocol/methods.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { ToolRequestUserInputResponse } from "../protocol/user-input.ts";
import { orAborted } from "../util/or-aborted.ts";
import { pacedOutput } from "./paced-output.ts";
import { tools } from "./registry.ts";
import type {
  Action,
  ExecOutcome,
  ExecuteRequest,
  FileReader,
  Finished,
  Prepared,
  RunContext,
  Tool,
  ToolItem,
  WriteLimits,
  WriteResult,
} from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";
import { lockOf } from "./turn-lock.ts";

type Asked = Exclude<keyof typeof serverRequests, "workspace/applyEdit">;
/** A question of a turn to its clients. */
export type ClientRequest<M extends Asked = Asked> = {
  [N in M]: { method: N; params: ParamsOut<typeof serverRequests, N> };
}[M];
export type ApprovalRequest = ClientRequest<
  "item/commandExecution/requestApproval" | "item/fileChange/requestApproval"
>;

/** What the layers around hand in. Nothing here opens, spawns or asks by itself. */
export interface ToolDeps {
  readonly threadId: string;
  readonly turnId: string;
  readonly cwd: string;
  readonly approvalPolicy: ApprovalPolicy;
  readonly sandbox: SandboxPolicy;
  /** The turn's one signal: the same for all calls of the turn. */
  readonly signal: AbortSignal;
  readonly approvals: SessionApprovals;
  readonly files: FileReader;
  /** Null: the sandbox works here. */
  sandboxUnavailable(): Promise<string | null>;
  /** `sandboxed: false` runs it as the user could. Must not throw. */
  execute(request: ExecuteRequest & { sandboxed: boolean; signal: AbortSignal }): Promise<ExecOutcome>;
  /** Must not throw. */
  write(plan: readonly FilePlan[], limits: WriteLimits): Promise<WriteResult>;
  /** Resolves as `failed` when nobody can answer. Must not throw. */
  ask(request: ApprovalRequest): Promise<ApprovalDecision | "failed">;
  /** As the client answered; null when it did not, or with an error. Must not throw. */
  askClient(request: ClientRequest<"item/tool/call" | "item/tool/requestUserInput">): Promise<unknown>;
  /** Tools besides the registry's: what the client of this thread brought along. */
  readonly clientTools: readonly Tool[];
  /** Called after each successful write. */
  filesChanged(plan: readonly FilePlan[]): void;
  emit(notification: ServerNotification): void;
  now(): number;
  newId(): string;
}

export interface ToolOutcome {
  readonly output: string;
  readonly images?: readonly string[] | undefined;
  /** A person said: stop the turn as well. */
  readonly stopsTurn: boolean;
}

/** Ours, and behind them the client's. */
export function toolSpecs(clientTools: readonly Tool[]): ToolSpec[] {
  ownSpecs ??= tools.map(toSpec);
  return [...ownSpecs, ...clientTools.map(toSpec)];
}

// The same for every turn, and a JSON schema is not made for nothing.
let ownSpecs: ToolSpec[] | null = null;

function toSpec(tool: Tool): ToolSpec {
  return { name: tool.name, description: tool.description, input: tool.input() };
}

export async function runToolCall(call: ToolCallEntry, deps: ToolDeps): Promise<ToolOutcome> {
  const tool = [...tools, ...deps.clientTools].find(({ name }) => name === call.name);
  if (tool === undefined) return failedCall(call, `unsupported call: ${call.name}`, deps);
  const preparing = tool.prepare(call, {
    itemId: deps.newId(),
    cwd: deps.cwd,
    sandbox: deps.sandbox,
    startedAtMs: deps.now(),
    files: deps.files,
    forbids(targets) {
      const need = requirement(
        { kind: "fileChange", targets },
        {
          ...deps,
          approvalPolicy: plainPolicy(deps.approvalPolicy),
          sandboxUnavailable: null,
        },
      );
      return need.kind === "forbid" ? need.message : null;
    },
  });
  // It only looks, so it can be left behind: a disk that does not answer must not keep a turn from ending.
  const prepared = await orAborted(preparing, deps.signal);
  if (prepared === "aborted") return answer(stopped);
  if (prepared.kind === "immediate") return failedCall(call, prepared.output, deps);
  return decideAndRun(call, prepared, deps);
}

const MAX_SHOWN_INPUT = 4_000;

/** A call that never became an action leaves a trace all the same: people see that it failed, and why. */
function failedCall(call: ToolCallEntry, output: string, deps: ToolDeps): ToolOutcome {
  const now = deps.now();
  const shown = { input: call.input.slice(0, MAX_SHOWN_INPUT) };
  const item = startedCall({ id: deps.newId(), tool: call.name, arguments: shown, startedAtMs: now });
  deps.emit({ method: "item/started", params: { item, ...ids(deps), startedAtMs: now } });
  complete(endedCall(item, { success: false, contentItems: textPart(output), completedAtMs: now }), deps);
  return answer(output);
}

async function decideAndRun(call: ToolCallEntry, prepared: Prepared, deps: ToolDeps): Promise<ToolOutcome> {
  const { action } = prepared;
  const need = requirement(factsOf(action), {
    cwd: deps.cwd,
    approvalPolicy: plainPolicy(deps.approvalPolicy),
    sandbox: deps.sandbox,
    sandboxUnavailable: action.kind === "command" ? await deps.sandboxUnavailable() : null,
  });
  if (need.kind === "forbid") return failedCall(call, need.message, deps);
  if (deps.signal.aborted) return answer(stopped);

  deps.emit({ method: "item/started", params: { item: prepared.item, ...ids(deps), startedAtMs: deps.now() } });
  const keys = approvalKeys(action, need.sandboxed ? deps.sandbox : null);
  if (need.kind === "ask" && !deps.approvals.cover(keys)) {
    const decisions: ApprovalDecision[] =
      keys.length > 0 ? ["accept", "acceptForSession", "decline", "cancel"] : ["accept", "decline", "cancel"];
    const decision = await deps.ask(approvalRequest(prepared, need, decisions, deps));
    switch (decision) {
      case "accept":
        break;
      case "acceptForSession":
        deps.approvals.remember(keys);
        break;
      case "decline":
        return refuse(prepared, deps, "rejected by user", { stopsTurn: false });
      case "cancel":
        return refuse(prepared, deps, "rejected by user", { stopsTurn: true });
      case "failed":
        return refuse(prepared, deps, "approval request failed", { stopsTurn: false });
      default:
        decision satisfies never;
    }
  }
  return execute(prepared, need.sandboxed, deps);
}

/** Only here calls wait for each other. Whoever waits for a person holds nothing. */
async function execute(prepared: Prepared, sandboxed: boolean, deps: ToolDeps): Promise<ToolOutcome> {
  const { action } = prepared;
  if (action.kind === "client") {
    const finished = await runPrepared(prepared, sandboxed, deps);
    complete(finished.item, deps);
    return { ...answer(finished.output), images: finished.images };
  }
  const leave = await lockOf(deps.signal).enter(action.kind === "command" ? "commands" : "files", deps.signal);
  if (leave === null) {
    complete(ended(prepared.item, "declined", deps), deps);
    return answer(stopped);
  }
  const finished = await runPrepared(prepared, sandboxed, deps).finally(leave);
  complete(finished.item, deps);
  if (action.kind === "fileChange" && finished.item.status === "completed") deps.filesChanged(action.plan);
  return answer(withSandboxHint(finished, action, sandboxed, deps.sandbox));
}

/** A bug in a tool fails its item like any other trouble: what was started completes. */
async function runPrepared(prepared: Prepared, sandboxed: boolean, deps: ToolDeps): Promise<Finished> {
  const { item } = prepared;
  const output = pacedOutput((delta) =>
    deps.emit({ method: "item/commandExecution/outputDelta", params: { ...ids(deps), itemId: item.id, delta } }),
  );
  const context: RunContext = {
    signal: deps.signal,
    files: deps.files,
    execute: (request) => deps.execute({ ...request, sandboxed, signal: deps.signal }),
    write: (plan, targets) =>
      deps.write(plan, {
        realPaths: new Map(targets.map(({ path, realPath }) => [path, realPath])),
        signal: deps.signal,
      }),
    callTool: async (called) => {
      const params = { ...ids(deps), ...called };
      return fitting(DynamicToolCallResponse, await deps.askClient({ method: "item/tool/call", params }));
    },
    askUser: async (asked) => {
      const params = { ...ids(deps), ...asked };
      return fitting(
        ToolRequestUserInputResponse,
        await deps.askClient({ method: "item/tool/requestUserInput", params }),
      );
    },
    output: (bytes) => output.push(bytes),
    now: () => deps.now(),
  };
  try {
    const running = prepared.run(context);
    if (prepared.action.kind !== "read" && prepared.action.kind !== "client") return await running;
    // Like preparing, reading may be left behind; so may a client that does not answer.
    const finished = await orAborted(running, deps.signal);
    if (finished !== "aborted") return finished;
    return { item: ended(item, "failed", deps), output: stopped };
  } catch (error) {
    const broken = `It failed inside Belay: ${messageOf(error)}. It may have had effects.`;
    return { item: ended(item, "failed", deps), output: broken };
  } finally {
    output.end();
  }
}

/** Null for an answer that is none. */
function fitting<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> | null {
  const parsed = schema.safeParse(answer);
  return parsed.success ? parsed.data : null;
}

/** Without it, a model takes what the sandbox denied for a fault of the project. */
function withSandboxHint(finished: Finished, action: Action, sandboxed: boolean, sandbox: SandboxPolicy): string {
  const denied =
    /read-only file system|operation not permitted|permission denied|could not resolve|EROFS|EPERM|EACCES|EAI_AGAIN|ENETUNREACH|network is unreachable/i;
  if (action.kind !== "command" || !sandboxed || finished.item.status !== "failed") return finished.output;
  if (!denied.test(finished.output)) return finished.output;
  return `${finished.output}\n[This ran in a sandbox (${describeSandbox(sandbox)}), which may be the cause. If it must do more, call again with sandbox_permissions "require_escalated" and a justification.]`;
}

/** For a tool call the protocol knows no `declined`: what was declined failed. */
function ended(item: ToolItem, status: "failed" | "declined", deps: ToolDeps): ToolItem {
  const completedAtMs = deps.now();
  return item.type === "dynamicToolCall"
    ? { ...item, status: "failed", completedAtMs }
    : { ...item, status, completedAtMs };
}

function refuse(prepared: Prepared, deps: ToolDeps, why: string, { stopsTurn }: { stopsTurn: boolean }): ToolOutcome {
  const status = why === "approval request failed" ? ("failed" as const) : ("declined" as const);
  complete(ended(prepared.item, status, deps), deps);
  const what = prepared.action.kind === "command" ? "exec_command failed" : "patch rejected";
  return { output: `${what}: ${why}. Nothing was done.`, stopsTurn };
}

function complete(item: Finished["item"], deps: ToolDeps): void {
  deps.emit({
    method: "item/completed",
    params: { item, ...ids(deps), contentTokenCount: null, completedAtMs: deps.now() },
  });
}

function factsOf(action: Action): ActionFacts {
  return action.kind === "command" ? { kind: "command", escalated: action.escalated } : action;
}

/** `sandbox` is what confines the action; null: nothing does. Empty: it is asked for each time. */
function approvalKeys(action: Action, sandbox: SandboxPolicy | null): string[] {
  switch (action.kind) {
    case "read":
    case "client":
      return [];
    case "command":
      return [commandKey({ argv: action.argv, cwd: action.cwd, sandbox })];
    case "fileChange":
      return action.targets.every(isOrdinary)
        ? action.targets.map(({ realPath, effect }) => fileKey(realPath, effect))
        : [];
    default:
      return action satisfies never;
  }
}

function approvalRequest(
  prepared: Prepared,
  need: Extract<Requirement, { kind: "ask" }>,
  availableDecisions: ApprovalDecision[],
  deps: ToolDeps,
): ApprovalRequest {
  const { action, item } = prepared;
  const common = {
    ...ids(deps),
    itemId: item.id,
    startedAtMs: deps.now(),
    availableDecisions,
  };
  const because = need.because;
  if (action.kind === "command" && item.type === "commandExecution") {
    const { command, cwd, commandActions } = item;
    const { isElsewhere } = action;
    const explanation = explainApproval({
      ...{ cwd, isElsewhere, because },
      ...{ sandbox: deps.sandbox, sandboxed: need.sandboxed },
    });
    const { justification } = action;
    const params = {
      kind: "command" as const,
      ...common,
      ...(justification === null ? {} : { reason: justification }),
      environmentId: "local" as const,
      command,
      script: action.script,
      cwd,
      commandActions,
      explanation,
    };
    return { method: "item/commandExecution/requestApproval", params };
  }
  const changes = item.type === "fileChange" ? item.changes : [];
  const explanation = explainApproval({
    ...{ cwd: deps.cwd, isElsewhere: false, because },
    ...{ sandbox: deps.sandbox, sandboxed: true },
  });
  return {
    method: "item/fileChange/requestApproval",
    params: { ...common, reason: null, grantRoot: null, changes, explanation },
  };
}

const stopped = "aborted by user. Nothing was done.";

function ids({ threadId, turnId }: ToolDeps): { threadId: string; turnId: string } {
  return { threadId, turnId };
}

function answer(output: string): ToolOutcome {
  return { output, stopsTurn: false };
}
