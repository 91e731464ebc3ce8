// What an approval asks, offers and became, in the words a person reads.
import type {
  CommandApprovalDecision,
  CommandExecutionRequestApprovalParams,
  RuleOffer,
} from "../../server/protocol/approval.ts";
import type { RuleScope } from "../../server/protocol/command.ts";

/** `name`: of the command it is about, where it runs already. */
export function commandQuestion(
  { kind, networkApprovalContext }: CommandExecutionRequestApprovalParams,
  name: string,
): string {
  if (kind === "writeStdin") return `Type this into ${name}?`;
  return networkApprovalContext ? "Let this command use the network?" : "Run this command?";
}

export function commandApprovalName({ kind, networkApprovalContext }: CommandExecutionRequestApprovalParams): string {
  if (kind === "writeStdin") return "Approval: type into command";
  return networkApprovalContext ? "Approval: use the network" : "Approval: run command";
}

/** With the Enter keys in it: without one, what is typed stays on its line. */
export function typedText(chars: string): string {
  return chars.replaceAll("\n", "\u{21b5}\n");
}

/** The words of a rule as they would be typed, with an ellipsis where more may follow. */
export function patternText({ pattern, exact }: Pick<RuleOffer, "pattern" | "exact">): string {
  return [...pattern.map(quoted), ...(exact ? [] : ["…"])].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export const scopeLabels: Record<RuleScope, string> = {
  thread: "This thread",
  workspace: "This workspace",
  always: "Always",
};

/** What the button does that allows it. */
export const allowLabels: Record<RuleScope, string> = {
  thread: "Allow in this thread",
  workspace: "Allow in this workspace",
  always: "Always allow",
};

const allowed: Record<RuleScope, string> = {
  thread: "allowed in thread",
  workspace: "allowed in workspace",
  always: "always allowed",
};

/** Null: it was declined. `more` is what can be left out where there is no room. */
export function decisionWords(
  decision: CommandApprovalDecision,
): { words: string; more: string; title: string } | null {
  switch (decision) {
    case "accept":
      return { words: "approved", more: "", title: "You approved this" };
    case "acceptForSession":
      return { words: "approved", more: " for thread", title: "You approved this for the thread" };
    case "runInTerminal":
      return { words: "run in your terminal", more: "", title: "You ran this in your own terminal" };
    case "decline":
    case "cancel":
      return null;
    default:
      return "applyNetworkPolicyAmendment" in decision ? networkWords(decision) : ruleWords(decision);
  }
}

type ByRule = Extract<CommandApprovalDecision, { acceptWithExecpolicyAmendment: unknown }>;
type ByHost = Extract<CommandApprovalDecision, { applyNetworkPolicyAmendment: unknown }>;

function ruleWords({
  acceptWithExecpolicyAmendment: { execpolicy_amendment, scope = "always", exact = false },
}: ByRule) {
  const pattern = patternText({ pattern: execpolicy_amendment, exact });
  return {
    words: allowed[scope],
    more: `: ${pattern}`,
    title: `You allowed ${pattern} (${scopeLabels[scope].toLowerCase()})`,
  };
}

function networkWords({ applyNetworkPolicyAmendment: { network_policy_amendment } }: ByHost) {
  const { host, action } = network_policy_amendment;
  if (action === "deny") return null;
  return { words: "network allowed", more: `: ${host}`, title: `You allowed ${host} for the thread` };
}
