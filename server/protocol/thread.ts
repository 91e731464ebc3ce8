// A thread: one conversation with its history, and what holds for its next turn.
import * as z from "zod";
import { ApprovalPolicy } from "./approval.ts";
import { isShallow, tooDeep } from "./depth.ts";
import { Edits, Mode } from "./mode.ts";
import { AbsolutePath } from "./path.ts";
import { SandboxMode, SandboxPolicy } from "./sandbox.ts";
import { ThreadSection } from "./thread-section.ts";
import { TokenUsageBreakdown, Turn } from "./turn.ts";
import { vacant } from "./vacant.ts";

export const ThreadStatus = z.lazy(() =>
  z.discriminatedUnion("type", [
    /** On disk only. */
    z.object({ type: z.literal("notLoaded") }),
    z.object({ type: z.literal("idle") }),
    /** The last turn failed; the next one may start as usual. */
    z.object({ type: z.literal("systemError") }),
    z.object({
      type: z.literal("active"),
      activeFlags: z.array(z.enum(["waitingOnApproval", "waitingOnUserInput"])),
    }),
  ]),
);
export type ThreadStatus = z.infer<typeof ThreadStatus>;

/** Where the thread's commands run. There is one: this machine. */
export const ThreadEnvironment = z.lazy(() =>
  z.object({
    environmentId: z.string(),
    cwd: z.string(),
    runtimeWorkspaceRoots: z.array(z.string()),
  }),
);

/** Of the repository around the thread's folder, when the thread was started; null where there was none. */
export const GitInfo = z.object({
  sha: z.string().nullable(),
  branch: z.string().nullable(),
  originUrl: z.string().nullable(),
});
export type GitInfo = z.infer<typeof GitInfo>;

export const Thread = z.lazy(() =>
  z.object({
    /** UUID version 7: sorts by time of creation. */
    id: z.string(),
    /** The thread's own id: threads of ours form no session trees. */
    sessionId: z.string(),
    forkedFromId: z.string().nullable(),
    /** The first text the user wrote; empty before that. */
    preview: z.string(),
    /** True: never written to disk. */
    ephemeral: z.boolean(),
    /** Its turns and items can be read page by page. */
    historyMode: z.literal("paginated"),
    modelProvider: z.string(),
    model: z.string().nullable(),
    reasoningEffort: z.string().nullable(),
    /** Unix seconds. */
    createdAt: z.number(),
    updatedAt: z.number(),
    recencyAt: z.number().nullable(),
    status: ThreadStatus,
    /** The rollout file, absolute. */
    path: z.string().nullable(),
    cwd: z.string(),
    /** Null while the thread is not loaded. */
    environments: z.array(ThreadEnvironment).nullable(),
    cliVersion: z.string(),
    /** `clientInfo.name` of the client that started it. */
    originator: z.string().nullable(),
    source: z.string(),
    /** What the client said the thread is for. */
    threadSource: z.string().nullable(),
    /** Null while the thread is not loaded. */
    canAcceptDirectInput: z.boolean().nullable(),
    gitInfo: GitInfo.nullable(),
    name: z.string().nullable(),
    /** What people have sorted it into; null: nothing. */
    section: ThreadSection.nullable(),
    /** Unix seconds. */
    sectionEnteredAt: z.number().nullable(),
    /** Filled by `thread/resume`, `thread/fork` and by `thread/read` with `includeTurns`; empty elsewhere. */
    turns: z.array(Turn),
    attachedToThreadId: vacant,
    parentThreadId: vacant,
    projectId: vacant,
    agentNickname: vacant,
    agentRole: vacant,
    daybreakEnabled: vacant,
    extra: vacant,
  }),
);
export type Thread = z.infer<typeof Thread>;

/** Profiles here build on no other. */
const ActivePermissionProfile = z.object({ id: z.string(), extends: z.null() });

/** What holds for the next turn of a thread. */
export const ThreadSettings = z.object({
  model: z.string(),
  modelProvider: z.string(),
  cwd: z.string(),
  /** The folders it works in besides `cwd`, as they were last given; absolute. Ours; absent: there are none. */
  roots: z.array(z.string()).nullish(),
  approvalPolicy: ApprovalPolicy,
  sandbox: SandboxPolicy,
  reasoningEffort: z.string().nullable(),
  /** The permission profile the sandbox was named by, if it was. Ours. */
  permissionProfile: z.string().nullish(),
  /** The mode these settings amount to; null where they are none of the three. Ours. */
  mode: Mode.nullable(),
  /** Absent: `write`. Ours. */
  edits: Edits.nullish(),
});
export type ThreadSettings = z.infer<typeof ThreadSettings>;

const overrides = {
  model: z.string().nullish(),
  modelProvider: z.string().nullish(),
  cwd: z.string().nullish(),
  /** The folders it works in, in place of those it had. `cwd` always is one. */
  runtimeWorkspaceRoots: z.array(AbsolutePath).nullish(),
  /**
   * The folders of the client's window, where the roots are not named: a thread of one of them works in all of them. One
   * from elsewhere gets none, and keeps of its own those that the window has. Ours.
   */
  windowFolders: z.array(AbsolutePath).nullish(),
  approvalPolicy: ApprovalPolicy.nullish(),
  sandbox: SandboxMode.nullish(),
  /** The id of a permission profile; not together with a sandbox. */
  permissions: z.string().nullish(),
  /** Overrides of config.toml for this thread: dotted or nested keys. */
  config: z.record(z.string(), z.unknown()).refine(isShallow, tooDeep).nullish(),
  /** Takes the place of our own first instructions to the model. */
  baseInstructions: z.string().nullish(),
  /** Told to the model behind the first instructions. */
  developerInstructions: z.string().nullish(),
  /** Sets approval policy and sandbox together. Ours; wins over the two. */
  mode: Mode.nullish(),
  /** Whether edits of files are written or only proposed. Ours. */
  edits: Edits.nullish(),
};

const DynamicToolFunction = z.object({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "a tool's name is 1 to 64 letters, digits, `_` or `-`"),
  description: z.string(),
  /** A JSON schema of the arguments. */
  inputSchema: z.record(z.string(), z.unknown()).refine(isShallow, tooDeep),
});
/** A tool that the client runs: the model's calls come to it as `item/tool/call`. */
export const DynamicTool = z.lazy(() =>
  z.discriminatedUnion("type", [
    DynamicToolFunction.extend({ type: z.literal("function") }),
    z.object({
      type: z.literal("namespace"),
      name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "a namespace's name is 1 to 64 letters, digits, `_` or `-`"),
      description: z.string(),
      tools: z.array(DynamicToolFunction),
    }),
  ]),
);
export type DynamicTool = z.infer<typeof DynamicTool>;

export const ThreadStartParams = z.object({
  ...overrides,
  ephemeral: z.boolean().nullish(),
  threadSource: z.string().nullish(),
  dynamicTools: z.array(DynamicTool).nullish(),
});
export type ThreadStartParams = z.infer<typeof ThreadStartParams>;
export const ThreadStartResponse = ThreadSettings.extend({
  thread: Thread,
  /** Instruction files that were read, absolute. */
  instructionSources: z.array(z.string()),
  runtimeWorkspaceRoots: z.array(z.string()),
  approvalsReviewer: z.literal("user"),
  disabledPluginIds: z.array(z.string()),
  multiAgentMode: z.literal("explicitRequestOnly"),
  serviceTier: vacant,
  activePermissionProfile: ActivePermissionProfile.nullable(),
});
export type ThreadStartResponse = z.infer<typeof ThreadStartResponse>;

/** Ours: what a new thread in this folder would start with. */
export const ThreadDefaultsReadParams = z.object({ cwd: z.string().nullish() });
export const ThreadDefaultsReadResponse = ThreadSettings;

/** How turns are worked in. There is one way. */
export const CollaborationMode = z.lazy(() =>
  z.object({
    mode: z.literal("default"),
    settings: z.object({
      model: z.string(),
      reasoning_effort: z.string().nullable(),
      developer_instructions: z.string().nullable(),
    }),
  }),
);

/** The settings as the original names them, and as we do. */
export const AnnouncedSettings = ThreadSettings.extend({
  sandboxPolicy: SandboxPolicy,
  effort: z.string().nullable(),
  environments: z.array(ThreadEnvironment).nullable(),
  approvalsReviewer: z.literal("user"),
  collaborationMode: CollaborationMode,
  disabledPluginIds: z.array(z.string()),
  multiAgentMode: z.literal("explicitRequestOnly"),
  activePermissionProfile: ActivePermissionProfile.nullable(),
  serviceTier: vacant,
  summary: vacant,
  personality: vacant,
});
export type AnnouncedSettings = z.infer<typeof AnnouncedSettings>;

export const ThreadIdParams = z.object({ threadId: z.string() });
export const ThreadResponse = z.object({ thread: Thread });

export const ThreadStartedNotification = z.object({ thread: Thread });
export const ThreadStatusChangedNotification = z.object({ threadId: z.string(), status: ThreadStatus });
export const ThreadSettingsUpdatedNotification = z.lazy(() =>
  z.object({ threadId: z.string(), threadSettings: AnnouncedSettings }),
);
export const ThreadTokenUsageUpdatedNotification = z.lazy(() =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    tokenUsage: z.object({
      total: TokenUsageBreakdown,
      last: TokenUsageBreakdown,
      modelContextWindow: z.number().int().nullable(),
    }),
  }),
);
export const ThreadNameUpdatedNotification = z.lazy(() =>
  z.object({ threadId: z.string(), threadName: z.string().optional() }),
);
/** Of `thread/archived`, `thread/unarchived`, `thread/deleted` and `thread/closed`. */
export const ThreadNotification = z.object({ threadId: z.string() });
export const ServerRequestResolvedNotification = z.lazy(() =>
  z.object({
    threadId: z.string(),
    requestId: z.union([z.string(), z.number()]),
    /** Ours: a client gave the answer that counts, so who still shows the question knows that another one did. */
    answered: z.boolean().optional(),
  }),
);
