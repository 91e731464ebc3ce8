// Does this action run, ask, or not happen? Pure: facts in, verdict out. The sandbox is the boundary; this only
// decides who is asked before it is used, or left.
import { shownIn } from "../util/inside.ts";
import type { PlainApprovalPolicy } from "../protocol/approval.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { shellQuote } from "../util/shell-quote.ts";
import type { Judgement } from "./judge.ts";
import type { Rule } from "../protocol/command.ts";

/** An action as far as the policy needs to know it. */
export type ActionFacts =
  | { kind: "read" | "client" }
  | CommandFacts
  | { kind: "fileChange"; targets: readonly TargetFacts[] };

export interface CommandFacts {
  kind: "command";
  judgement: Judgement;
  /** The model asked to run it outside the sandbox. */
  escalated: boolean;
}

export interface TargetFacts {
  path: string;
  /** Where a write really lands, when links lead elsewhere than the path says; else null. */
  leadsTo: string | null;
  /** Its real place is inside a root that the sandbox policy lets a command write. */
  isWritable: boolean;
  /** Its real place is one that turns into code or configuration outside the sandbox. */
  isProtected: boolean;
  /** Its real place is one that commands in the sandbox cannot even read. */
  isDenied: boolean;
}

export interface Situation {
  /** The thread's folder. */
  cwd: string;
  approvalPolicy: PlainApprovalPolicy;
  sandbox: SandboxPolicy;
  /** Null: the sandbox works here. Else why not, as a sentence. */
  sandboxUnavailable: string | null;
  /** A change of files is only proposed: nothing is written before the person keeps it. Absent: it is written. */
  onlyProposes?: boolean;
}

export type Requirement =
  | { kind: "skip"; sandboxed: boolean }
  /** `because` ends the sentence "asks because …". */
  | { kind: "ask"; because: string; sandboxed: boolean }
  /** For the model. */
  | { kind: "forbid"; message: string };

export function requirement(action: ActionFacts, situation: Situation): Requirement {
  switch (action.kind) {
    case "read":
    case "client":
      return { kind: "skip", sandboxed: true };
    case "command":
      return commandRequirement(action, situation);
    case "fileChange":
      return fileRequirement(action.targets, situation);
    default:
      return action satisfies never;
  }
}

/** Whether the policy says that Belay confines nothing. By name: what is not known here does not pass for it. */
export function isUnconfined(sandbox: SandboxPolicy): boolean {
  return sandbox.type === "dangerFullAccess" || sandbox.type === "externalSandbox";
}

/** Whether what one policy confines can do nothing that another would keep from it. Both of the same thread. */
export function allowsNoMore(one: SandboxPolicy, other: SandboxPolicy): boolean {
  if (one.type === "dangerFullAccess" || one.type === "externalSandbox") return one.type === other.type;
  if (other.type === "dangerFullAccess") return true;
  if (other.type === "externalSandbox" || (one.networkAccess && !other.networkAccess)) return false;
  if (one.type === "readOnly" || other.type === "readOnly") return one.type === "readOnly";
  return one.writableRoots.every((root) => other.writableRoots.includes(root));
}

/** Whether a change of this place may be allowed once for the rest of a thread. */
export function isOrdinary({ isWritable, isProtected, isDenied }: TargetFacts): boolean {
  return isWritable && !isProtected && !isDenied;
}

/** Deny beats ask beats allow, and what is forbidden is so in every mode. */
function commandRequirement(command: CommandFacts, situation: Situation): Requirement {
  const { judgement, escalated } = command;
  const { sandbox, sandboxUnavailable } = situation;
  if (judgement.kind === "forbidden") return { kind: "forbid", message: `rejected: ${ruleSays(judgement.rule)}` };
  const unknown = unknownSandbox(situation);
  if (unknown !== null) return unknown;
  const confines = !isUnconfined(sandbox);
  const sandboxed = confines && !escalated && sandboxUnavailable === null;
  if (judgement.kind === "prompt") return askOrForbid(situation, ruleSays(judgement.rule), { sandboxed });
  const outside = confines ? reasonToLeave(command, situation) : null;
  if (outside !== null) {
    return askOrForbid(situation, outside, { sandboxed });
  }
  const need = reasonInside(judgement, situation);
  return need === null ? { kind: "skip", sandboxed } : askOrForbid(situation, need, { sandboxed });
}

/** Why it asks before it runs less confined than the policy says; null when it need not. */
function reasonToLeave({ judgement, escalated }: CommandFacts, situation: Situation): string | null {
  const { sandboxUnavailable } = situation;
  if (judgement.kind === "allowed" && judgement.outsideSandbox) return null;
  if (escalated) return "it wants to run outside the sandbox";
  if (sandboxUnavailable === null || judgement.kind === "safe") return null;
  return `no sandbox works here (${withoutStop(sandboxUnavailable)})`;
}

function reasonInside(judgement: Judgement, { approvalPolicy }: Situation): string | null {
  if (judgement.kind !== "unknown") return null;
  return approvalPolicy === "untrusted" || judgement.mayHide ? judgement.because : null;
}

/** "a rule in default.rules:3 asks for git push", and why, if the rule says why. */
function ruleSays({ decision, source, pattern, justification }: Rule): string {
  const said = decision === "forbidden" ? "forbids" : "asks for";
  const words = pattern.map((alternatives) => alternatives.map((word) => shellQuote([word])).join("|")).join(" ");
  const where = source === null ? "a rule of this thread" : `a rule in ${source}`;
  return `${where} ${said} ${words}${justification === null ? "" : ` (${withoutStop(justification)})`}`;
}

function fileRequirement(targets: readonly TargetFacts[], situation: Situation): Requirement {
  const { approvalPolicy, sandbox, onlyProposes } = situation;
  const unknown = unknownSandbox(situation);
  if (unknown !== null) return unknown;
  if (sandbox.type === "dangerFullAccess" && approvalPolicy !== "untrusted") return { kind: "skip", sandboxed: false };
  const special = reasonToAsk(targets, situation);
  if (sandbox.type === "readOnly" && approvalPolicy === "never" && !special?.isGuarded && !onlyProposes) {
    const message = "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings";
    return { kind: "forbid", message };
  }
  if (special !== null) return askOrForbid(situation, special.because, { sandboxed: false, forModel: special.plain });
  if (!onlyProposes && (sandbox.type === "readOnly" || approvalPolicy === "untrusted")) {
    return { kind: "ask", because: "every change asks first", sandboxed: true };
  }
  return { kind: "skip", sandboxed: true };
}

/** What is not ordinary about the places, the gravest first. `plain` says it without telling where a link leads. */
function reasonToAsk(
  targets: readonly TargetFacts[],
  { cwd, sandbox }: Situation,
): { because: string; plain: string; isGuarded: boolean } | null {
  const reason = (target: TargetFacts, verb: "is" | "can", what: string, isGuarded: boolean) => ({
    because: place(target, cwd, verb, what),
    plain: `${target.path} ${verb} ${what}`,
    isGuarded,
  });
  const denied = targets.find(({ isDenied }) => isDenied);
  if (denied !== undefined) return reason(denied, "is", "kept from commands, as credentials are", true);
  const guarded = targets.find(({ isProtected }) => isProtected);
  if (guarded !== undefined) return reason(guarded, "can", "change what programs run", true);
  const outside = targets.find(({ isWritable }) => !isWritable);
  if (outside === undefined || isUnconfined(sandbox)) return null;
  return reason(outside, "is", "outside the workspace", false);
}

/** "/w/a is …", or where a link hides it: "a leads to /x/y, …". */
function place({ path, leadsTo }: TargetFacts, cwd: string, verb: "is" | "can", what: string): string {
  if (leadsTo === null) return `${path} ${verb} ${what}`;
  const name = shownIn(cwd, path);
  return `${name} leads to ${leadsTo}, ${verb === "is" ? what : `which ${verb} ${what}`}`;
}

/** The type has no such policy, but a rollout or a client of another version may. */
function unknownSandbox(situation: Situation): Requirement | null {
  const { sandbox } = situation;
  if (isUnconfined(sandbox) || sandbox.type === "readOnly" || sandbox.type === "workspaceWrite") return null;
  return askOrForbid(situation, "its sandbox policy is not known to this version of Belay", { sandboxed: false });
}

/** `because` is for the person who is asked; `forModel`, where that is not all for the model, for the refusal. */
export function askOrForbid(
  situation: Pick<Situation, "approvalPolicy">,
  because: string,
  { sandboxed, forModel = because }: { sandboxed: boolean; forModel?: string },
): Requirement {
  if (situation.approvalPolicy !== "never") return { kind: "ask", because, sandboxed };
  return { kind: "forbid", message: `rejected: ${forModel}, and the approval policy is never to ask` };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.\s*$/, "");
}
