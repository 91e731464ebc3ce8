// Whether an action may run, must ask or must not, and what would confine it: what the rules and the policy say.
import { type Judgement, judgeCommand } from "../approval/judge.ts";
import { allowsNoMore, askOrForbid, isUnconfined, type Requirement, requirement } from "../approval/policy.ts";
import type { PlainApprovalPolicy } from "../protocol/approval.ts";
import { unreadRules } from "../approval/rules-file.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { confinement, hasNetwork } from "./confinement.ts";
import type { ToolDeps } from "./deps.ts";
import { followedSecret } from "./followed-links.ts";
import { networkNeed } from "./network-need.ts";
import type { Action } from "./tool.ts";

export type Decision =
  | { readonly kind: "forbid"; readonly message: string }
  | ({
      readonly kind: "skip" | "ask";
      /** Ends the sentence "asks because …". */
      readonly because: string;
      /** What confines the action if it runs. */
      readonly policy: SandboxPolicy;
    } & Known);

/** What became known of an action on the way. */
interface Known {
  /** What it wants to reach, where it asks for the network. Null: it does not. */
  readonly hosts: readonly string[] | null;
  /** A command that beyond doubt changes no file. */
  readonly onlyLooks: boolean;
}

/** One that may run, asked for or not. */
export type Allowable = Exclude<Decision, { kind: "forbid" }>;

export async function decide(action: Action, deps: ToolDeps): Promise<Decision> {
  const isCommand = action.kind === "command" || action.kind === "stdin";
  const situation = {
    cwd: deps.cwd,
    approvalPolicy: plainPolicy(deps.approvalPolicy),
    sandbox: isCommand ? deps.commandSandbox : deps.sandbox,
    onlyProposes: deps.onlyProposes,
    sandboxUnavailable: action.kind === "command" ? await deps.sandboxUnavailable() : null,
  };
  if (action.kind === "stdin") {
    const need = typingNeed(action, situation);
    return need.kind === "forbid" ? need : { ...allowable(need, deps, nothing), policy: action.policy };
  }
  if (action.kind !== "command") return decision(requirement(action, situation), deps, nothing);
  const { script, cwd, isElsewhere, escalated } = action;
  const written = await deps.rules();
  const judgement = await judgeCommand(script, {
    rules: [...written.rules, ...deps.approvals.rules],
    unreadRules: unreadRules(written),
    workspace: deps.cwd,
    // The same folder in the same spelling, when links lead to it.
    cwd: isElsewhere ? cwd : deps.cwd,
  });
  const known: Known = { hosts: null, onlyLooks: judgement.kind === "safe" };
  const judged = requirement({ kind: "command", escalated, judgement }, situation);
  const need = await withLinks(judged, { script, cwd, judgement, approvalPolicy: situation.approvalPolicy }, deps);
  if (need.kind === "ask" && escalated && deps.approvals.hasFailed(script)) {
    return decision({ ...need, because: `it failed in the sandbox, and ${need.because}` }, deps, known);
  }
  const wantsNetwork = action.network && !escalated && !hasNetwork(deps.commandSandbox);
  if (!wantsNetwork || need.kind === "forbid" || !need.sandboxed) return decision(need, deps, known);
  const withNetwork = networkNeed(
    need,
    { script, judgement, approvalPolicy: situation.approvalPolicy },
    deps.approvals,
  );
  return decision(withNetwork.need, deps, { ...known, hosts: withNetwork.hosts });
}

/** Outside of a sandbox a command that only looks must not be led to credentials either. */
async function withLinks(
  need: Requirement,
  command: { script: string; cwd: string; judgement: Judgement; approvalPolicy: PlainApprovalPolicy },
  deps: ToolDeps,
): Promise<Requirement> {
  const { script, cwd, judgement, approvalPolicy } = command;
  const isFree = isUnconfined(deps.commandSandbox) && approvalPolicy !== "untrusted";
  if (judgement.kind !== "safe" || need.kind !== "skip" || need.sandboxed || isFree) return need;
  const because = await followedSecret(script, { cwd, threadCwd: deps.cwd, files: deps.files });
  if (because === null) return need;
  return askOrForbid({ approvalPolicy }, because, { sandboxed: false });
}

const nothing: Known = { hosts: null, onlyLooks: false };

function decision(need: Requirement, deps: ToolDeps, known: Known): Decision {
  return need.kind === "forbid" ? need : allowable(need, deps, known);
}

function allowable(need: Exclude<Requirement, { kind: "forbid" }>, deps: ToolDeps, known: Known): Allowable {
  return {
    kind: need.kind,
    because: need.kind === "ask" ? need.because : "",
    policy: confinement(deps.commandSandbox, { sandboxed: need.sandboxed, network: known.hosts !== null }),
    ...known,
  };
}

/** A key that only ends or interrupts, or nothing at all, cannot be a command. */
const harmlessKeys = /^[\x03\x04\x1c]*$/;

/**
 * What is typed into a command may be a command itself. The sandbox that confines the one confines the other, unless it
 * was opened for that one, or the thread's was closed since.
 */
function typingNeed(
  { chars, policy }: Extract<Action, { kind: "stdin" }>,
  { approvalPolicy, sandbox }: { approvalPolicy: PlainApprovalPolicy; sandbox: SandboxPolicy },
): Requirement {
  const sandboxed = policy.type !== "dangerFullAccess";
  const isFree = isUnconfined(sandbox) || allowsNoMore(policy, sandbox);
  if (harmlessKeys.test(chars) || (isFree && approvalPolicy !== "untrusted")) return { kind: "skip", sandboxed };
  const because = !sandboxed
    ? "it types into a command that runs outside the sandbox"
    : isFree
      ? "what it types may be a command, and every command asks"
      : "it types into a command that may do more than commands may now";
  return askOrForbid({ approvalPolicy }, because, { sandboxed });
}
