// Asking the user before acting: policies, requests and decisions.
import * as z from "zod";
import { CommandAction, FileUpdateChange } from "./item.ts";

/** When to ask. `untrusted`: always; `on-request`: when an action leaves the sandbox; `never`: never, such actions fail. */
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
  /** Without `acceptForSession` where an answer must not stand for later: another place than the workspace's own files. */
  availableDecisions: z.array(ApprovalDecision),
  explanation: ApprovalExplanation.optional(),
};

export const CommandExecutionRequestApprovalParams = z.lazy(() =>
  z.object({
    kind: z.literal("command"),
    /** Where it would run. There is one place: this machine. */
    environmentId: z.literal("local").optional(),
    ...request,
    /** The argv as one shell-quoted line: what is executed. */
    command: z.string(),
    /** What the shell inside that argv is told to run, exactly: what a person reads. Ours. */
    script: z.string(),
    cwd: z.string(),
    commandActions: z.array(CommandAction),
  }),
);
export type CommandExecutionRequestApprovalParams = z.infer<typeof CommandExecutionRequestApprovalParams>;

export const FileChangeRequestApprovalParams = z.lazy(() =>
  z.object({
    ...request,
    grantRoot: z.string().nullable(),
    /** The changes themselves, so that a client need not join on `itemId`. Ours. */
    changes: z.array(FileUpdateChange),
  }),
);
export type FileChangeRequestApprovalParams = z.infer<typeof FileChangeRequestApprovalParams>;

/** An answer that would add to stored rules, of which there are none: it allows the same for the rest of the thread. */
const WithRule = z
  .object({ acceptWithExecpolicyAmendment: z.unknown() })
  .refine(({ acceptWithExecpolicyAmendment }) => acceptWithExecpolicyAmendment !== undefined)
  .transform((): ApprovalDecision => "acceptForSession");
export const ApprovalResponse = z.object({ decision: z.union([ApprovalDecision, WithRule]) });
export type ApprovalResponse = z.infer<typeof ApprovalResponse>;
