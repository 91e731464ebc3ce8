// A thread: one conversation with its history.
import * as z from "zod";
import { ApprovalPolicy } from "./approval.ts";
import { Mode } from "./mode.ts";
import { SandboxMode, SandboxPolicy } from "./sandbox.ts";
import { TokenUsageBreakdown, Turn } from "./turn.ts";

export const ThreadStatus = z.discriminatedUnion("type", [
  /** On disk only. */
  z.object({ type: z.literal("notLoaded") }),
  z.object({ type: z.literal("idle") }),
  /** The last turn failed; the next one may start as usual. */
  z.object({ type: z.literal("systemError") }),
  z.object({
    type: z.literal("active"),
    activeFlags: z.array(z.enum(["waitingOnApproval", "waitingOnUserInput"])),
  }),
]);
export type ThreadStatus = z.infer<typeof ThreadStatus>;

export const Thread = z.object({
  /** UUID version 7: sorts by time of creation. */
  id: z.string(),
  forkedFromId: z.string().nullable(),
  /** The first text the user wrote; empty before that. */
  preview: z.string(),
  /** True: never written to disk. */
  ephemeral: z.boolean(),
  modelProvider: z.string(),
  model: z.string(),
  /** Unix seconds. */
  createdAt: z.number(),
  updatedAt: z.number(),
  status: ThreadStatus,
  /** The rollout file, absolute. */
  path: z.string().nullable(),
  cwd: z.string(),
  cliVersion: z.string(),
  source: z.string(),
  name: z.string().nullable(),
  /** Filled by `thread/resume` and by `thread/read` with `includeTurns`; empty elsewhere. */
  turns: z.array(Turn),
});
export type Thread = z.infer<typeof Thread>;

/** What holds for the next turn of a thread. */
export const ThreadSettings = z.object({
  model: z.string(),
  modelProvider: z.string(),
  cwd: z.string(),
  approvalPolicy: ApprovalPolicy,
  sandbox: SandboxPolicy,
  reasoningEffort: z.string().nullable(),
  /** The mode these settings amount to; null where they are none of the three. Ours. */
  mode: Mode.nullable(),
});
export type ThreadSettings = z.infer<typeof ThreadSettings>;

const overrides = {
  model: z.string().nullish(),
  modelProvider: z.string().nullish(),
  cwd: z.string().nullish(),
  approvalPolicy: ApprovalPolicy.nullish(),
  sandbox: SandboxMode.nullish(),
  /** Sets approval policy and sandbox together. Ours; wins over the two. */
  mode: Mode.nullish(),
};

export const ThreadStartParams = z.object({ ...overrides, ephemeral: z.boolean().nullish() });
export type ThreadStartParams = z.infer<typeof ThreadStartParams>;
export const ThreadStartResponse = ThreadSettings.extend({
  thread: Thread,
  /** Instruction files that were read, absolute. */
  instructionSources: z.array(z.string()),
});
export type ThreadStartResponse = z.infer<typeof ThreadStartResponse>;

/** Ours: what a new thread in this folder would start with. */
export const ThreadDefaultsReadParams = z.object({ cwd: z.string().nullish() });
export const ThreadDefaultsReadResponse = ThreadSettings;

export const ThreadResumeParams = z.object({ threadId: z.string(), ...overrides });
export const ThreadResumeResponse = ThreadStartResponse;

export const ThreadListParams = z.object({
  cursor: z.string().nullish(),
  /** 1 to 100; 25 when absent. */
  limit: z.number().int().nullish(),
  sortKey: z.enum(["created_at", "updated_at"]).nullish(),
  sortDirection: z.enum(["asc", "desc"]).nullish(),
  /** Only threads of these directories. */
  cwd: z.union([z.string(), z.array(z.string())]).nullish(),
  searchTerm: z.string().nullish(),
});
export type ThreadListParams = z.infer<typeof ThreadListParams>;
export const ThreadListResponse = z.object({
  data: z.array(Thread),
  nextCursor: z.string().nullable(),
  backwardsCursor: z.string().nullable(),
});

export const ThreadReadParams = z.object({ threadId: z.string(), includeTurns: z.boolean().nullish() });
export const ThreadReadResponse = z.object({ thread: Thread });

export const ThreadStartedNotification = z.object({ thread: Thread });
export const ThreadStatusChangedNotification = z.object({ threadId: z.string(), status: ThreadStatus });
export const ThreadSettingsUpdatedNotification = z.object({ threadId: z.string(), threadSettings: ThreadSettings });
export const ThreadTokenUsageUpdatedNotification = z.object({
  threadId: z.string(),
  turnId: z.string(),
  tokenUsage: z.object({
    total: TokenUsageBreakdown,
    last: TokenUsageBreakdown,
    modelContextWindow: z.number().int().nullable(),
  }),
});
export const ServerRequestResolvedNotification = z.object({
  threadId: z.string(),
  requestId: z.union([z.string(), z.number()]),
});
