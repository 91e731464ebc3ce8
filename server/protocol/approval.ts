// Asking the user before acting: policies, requests and decisions.
import * as z from "zod";
import { RuleScope } from "./command.ts";
import { CommandAction, FileUpdateChange } from "./item.ts";

/**
 * When to ask. `untrusted`: always, but for what provably only looks; `on-request`: when an action leaves the sandbox;
 * `never`: never, such actions fail.
 */
export const PlainApprovalPolicy = z.enum(["untrusted", "on-request", "never"]);
export type PlainApprovalPolicy = z.infer<typeof PlainApprovalPolicy>;

/** `on-request` by kinds of questions: those that are false are answered with no, without asking. */
const GranularApprovalPolicy = z.lazy(() =>
  z.object({
    granular: z.object({
      sandbox_approval: z.boolean(),
      rules: z.boolean(),
      skill_approval: z.boolean().default(false),
      request_permissions: z.boolean().default(false),
      mcp_elicitations: z.boolean(),
    }),
  }),
);
export const ApprovalPolicy = z.union([PlainApprovalPolicy, GranularApprovalPolicy]);
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

/** `decline`: the turn goes on without the action. `cancel`: declined, and the turn stops. */
export const ApprovalDecision = z.enum(["accept", "acceptForSession", "decline", "cancel"]);
export type ApprovalDecision = z.infer<typeof ApprovalDecision>;

/** Allowed from now on, and written down: this command (`exact`) or all that begin so. Default scope: `always`. */
const WithRule = z.lazy(() =>
  z.object({
    acceptWithExecpolicyAmendment: z.object({
      execpolicy_amendment: z.array(z.string()).min(1),
      /** Ours. */
      scope: RuleScope.optional(),
      /** Ours: and no word more. */
      exact: z.boolean().optional(),
    }),
  }),
);
/** Allows or denies a host for the rest of the thread. */
const WithNetwork = z.lazy(() =>
  z.object({
    applyNetworkPolicyAmendment: z.object({ network_policy_amendment: NetworkPolicyAmendment }),
  }),
);
const NetworkPolicyAmendment = z.lazy(() => z.object({ host: z.string(), action: z.enum(["allow", "deny"]) }));

/** `runInTerminal`: the person runs it in a shell of their own, through the editor. Ours. */
export const CommandApprovalDecision = z.union([ApprovalDecision, z.literal("runInTerminal"), WithRule, WithNetwork]);
export type CommandApprovalDecision = z.infer<typeof CommandApprovalDecision>;

/** What `Always allow…` offers: the exact command first, then at most two honest generalisations. Ours. */
export const RuleOffer = z.lazy(() =>
  z.object({
    pattern: z.array(z.string()),
    exact: z.boolean(),
    /** In words, such as "npm test, with any arguments". */
    label: z.string(),
    scopes: z.array(RuleScope),
  }),
);
export type RuleOffer = z.infer<typeof RuleOffer>;

/** Why a person is asked, in words the panel shows as they are. Ours; other clients ignore it. */
export const ApprovalExplanation = z.lazy(() =>
  z.object({
    /** Where it happens: the name of the thread's folder, or the full path of another one. */
    location: z.string(),
    /** What the sandbox allows, e.g. "may write the workspace, no network". */
    sandbox: z.string(),
    /** False: nothing confines it. */
    isConfined: z.boolean(),
    /** The rule or reason that made it ask, e.g. "the approval policy asks before every command". */
    because: z.string(),
  }),
);
export type ApprovalExplanation = z.infer<typeof ApprovalExplanation>;

const request = {
  threadId: z.string(),
  turnId: z.string(),
  /** The item that waits: already announced by `item/started`. */
  itemId: z.string(),
  startedAtMs: z.number(),
  /** The model's justification, when it asked to leave the sandbox. Model text: show it as a quotation. */
  reason: z.string().nullish(),
  explanation: ApprovalExplanation.optional(),
};

export const CommandExecutionRequestApprovalParams = z.lazy(() =>
  z.object({
    /** `writeStdin`: the model wants to type `script` into the command of `itemId`, which runs. */
    kind: z.enum(["command", "writeStdin"]),
    /** Tells the questions about one item apart. Null: it is the only one. */
    approvalId: z.string().nullish(),
    /** Where it would run. There is one place: this machine. */
    environmentId: z.literal("local").optional(),
    ...request,
    /** The argv as one shell-quoted line: what is executed. */
    command: z.string(),
    /** What the shell inside that argv is told to run, exactly: what a person reads. Ours. */
    script: z.string(),
    cwd: z.string(),
    commandActions: z.array(CommandAction),
    availableDecisions: z.array(CommandApprovalDecision),
    /** What `acceptWithExecpolicyAmendment` would allow: the words of the exact command. Absent: it must not be. */
    proposedExecpolicyAmendment: z.array(z.string()).nullish(),
    /** It needs the network, and there this host. The sandbox cannot limit it to that one. */
    networkApprovalContext: z
      .object({ host: z.string(), protocol: z.enum(["http", "https", "socks5Tcp", "socks5Udp"]) })
      .nullish(),
    proposedNetworkPolicyAmendments: z.array(NetworkPolicyAmendment).nullish(),
    ruleOffers: z.array(RuleOffer).optional(),
  }),
);
export type CommandExecutionRequestApprovalParams = z.infer<typeof CommandExecutionRequestApprovalParams>;

export const FileChangeRequestApprovalParams = z.lazy(() =>
  z.object({
    ...request,
    /** Without `acceptForSession` where an answer must not stand for later: another place than the workspace's own. */
    availableDecisions: z.array(ApprovalDecision),
    grantRoot: z.string().nullable(),
    /** The changes themselves, so that a client need not join on `itemId`. Ours. */
    changes: z.array(FileUpdateChange),
  }),
);
export type FileChangeRequestApprovalParams = z.infer<typeof FileChangeRequestApprovalParams>;

export const ApprovalResponse = z.object({ decision: ApprovalDecision });
export type ApprovalResponse = z.infer<typeof ApprovalResponse>;
export const CommandApprovalResponse = z.object({ decision: CommandApprovalDecision });
export type CommandApprovalResponse = z.infer<typeof CommandApprovalResponse>;
