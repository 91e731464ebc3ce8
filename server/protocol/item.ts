// One visible step in a turn. An item starts, may get deltas, and always completes; the completed item is the truth.
import * as z from "zod";
import { UserInput } from "./user-input.ts";
import { isShallow, tooDeep } from "./depth.ts";
import { vacant } from "./vacant.ts";

const timed = {
  startedAtMs: z.number().nullish(),
  completedAtMs: z.number().nullish(),
};

/** What a shell line does, as far as it could be understood; `unknown` is the honest default. */
export const CommandAction = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("read"), command: z.string(), name: z.string(), path: z.string() }),
    z.object({ type: z.literal("listFiles"), command: z.string(), path: z.string().nullable() }),
    z.object({
      type: z.literal("search"),
      command: z.string(),
      query: z.string().nullable(),
      path: z.string().nullable(),
    }),
    z.object({ type: z.literal("unknown"), command: z.string() }),
  ]),
);
export type CommandAction = z.infer<typeof CommandAction>;

/** `declined`: a person or a rule said no, nothing ran. `failed`: it ran and did not succeed, or was stopped. */
export const ItemStatus = z.enum(["inProgress", "completed", "failed", "declined"]);
export type ItemStatus = z.infer<typeof ItemStatus>;

/** One file of a change. `diff` is the new content for `add`, the old content for `delete`, unified hunks for `update`. */
export const FileUpdateChange = z.lazy(() =>
  z.object({
    path: z.string(),
    kind: z.discriminatedUnion("type", [
      z.object({ type: z.literal("add") }),
      z.object({ type: z.literal("delete") }),
      z.object({ type: z.literal("update"), move_path: z.string().nullable() }),
    ]),
    diff: z.string(),
    /** Where the change really lands, when links lead elsewhere than `path` says. Ours; absent: it is where it says. */
    realPath: z.string().optional(),
    /** The same for `move_path`. Ours. */
    realMovePath: z.string().optional(),
    /** Lines so far of a change that is still being written: `diff` has only the newest of it then. Ours. */
    written: z.object({ added: z.number().int(), removed: z.number().int() }).optional(),
  }),
);
export type FileUpdateChange = z.infer<typeof FileUpdateChange>;

export const UserMessageItem = z.lazy(() =>
  z.object({
    type: z.literal("userMessage"),
    id: z.string(),
    /** The `clientUserMessageId` of the `turn/start` that brought it. */
    clientId: z.string().nullable(),
    content: z.array(UserInput),
    ...timed,
  }),
);
export const AgentMessageItem = z.lazy(() =>
  z.object({
    type: z.literal("agentMessage"),
    id: z.string(),
    /** Markdown. Complete in `item/completed`, also where no delta was ever sent. */
    text: z.string(),
    phase: z.enum(["commentary", "partial_answer", "final_answer"]).nullable(),
    moderation: vacant,
    memoryCitation: vacant,
    delivery: vacant,
    questions: vacant,
    ...timed,
  }),
);
export const ReasoningItem = z.lazy(() =>
  z.object({
    type: z.literal("reasoning"),
    id: z.string(),
    /** The model's own summary, one string a part. */
    summary: z.array(z.string()),
    /** Raw reasoning, where a provider shows it. */
    content: z.array(z.string()),
    ...timed,
  }),
);
/** `stopped`: by a person, or with its turn. `unknown`: it ran in a person's own shell, which did not say. */
export const CommandEnding = z.enum(["exited", "signal", "stopped", "timedOut", "notStarted", "unknown"]);
export type CommandEnding = z.infer<typeof CommandEnding>;

export const CommandExecutionItem = z.lazy(() =>
  z.object({
    type: z.literal("commandExecution"),
    id: z.string(),
    /** The argv as one shell-quoted line. */
    command: z.string(),
    /** What the shell in that argv is told to run, exactly. Ours; absent on items of other servers. */
    script: z.string().optional(),
    cwd: z.string(),
    processId: z.string().nullable(),
    source: z.enum(["agent", "userShell", "unifiedExecStartup", "unifiedExecInteraction"]),
    status: ItemStatus,
    commandActions: z.array(CommandAction),
    /** Both output streams in order of arrival: head and tail where it was long. Null until something was written. */
    aggregatedOutput: z.string().nullable(),
    /** Null while it runs, when it never ran, and when a signal ended it. */
    exitCode: z.number().int().nullable(),
    durationMs: z.number().nullable(),
    /** It runs in a terminal: it can be typed to and resized. Ours. */
    tty: z.boolean().optional(),
    /** How it ended; absent while it runs. Ours. */
    ending: CommandEnding.optional(),
    /** The signal that ended it, such as SIGSEGV. Ours. */
    signal: z.string().nullish(),
    pluginId: vacant,
    scriptPath: vacant,
    ...timed,
  }),
);
export const FileChangeItem = z.lazy(() =>
  z.object({
    type: z.literal("fileChange"),
    id: z.string(),
    changes: z.array(FileUpdateChange),
    status: ItemStatus,
    /** Completed and not written: the person keeps it or drops it (`belay/review`). Ours. */
    isProposed: z.boolean().nullish(),
    /** The model still writes the patch: `changes` is what it says so far, and no file was looked at for it. Ours. */
    isWriting: z.boolean().optional(),
    /** Why it failed, as the model is told. Ours. */
    failure: z.string().optional(),
    ...timed,
  }),
);
/** The model was told something shorter in place of the conversation so far. All but the id is ours. */
export const ContextCompactionItem = z.lazy(() =>
  z.object({
    type: z.literal("contextCompaction"),
    id: z.string(),
    /** `overflow`: the provider had refused a request as too long. */
    trigger: z.enum(["manual", "automatic", "overflow"]).optional(),
    /** Of all but `completed` nothing has changed. */
    status: z.enum(["inProgress", "completed", "failed", "interrupted"]).optional(),
    /** Markdown, as the model wrote it. Null where there is none: when only outputs of tools were cut, too. */
    summary: z.string().nullish(),
    /** Of the next request; the first as it would have been. Mostly estimated. */
    tokensBefore: z.int().nullish(),
    tokensAfter: z.int().nullish(),
    /** Why it failed, as a sentence. */
    failure: z.string().nullish(),
    /** It was taken back: the model is told the conversation itself again. */
    isUndone: z.boolean().optional(),
    ...timed,
  }),
);
/** One part of what a tool returns to the model. */
export const ToolOutputPart = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("inputText"), text: z.string() }),
    z.object({ type: z.literal("inputImage"), imageUrl: z.string() }),
    z.object({ type: z.literal("inputAudio"), audioUrl: z.string() }),
  ]),
);
export type ToolOutputPart = z.infer<typeof ToolOutputPart>;

/** A call of a tool that has no item type of its own. */
const DynamicToolCallStatus = z.enum(["inProgress", "completed", "failed"]);
export const DynamicToolCallItem = z.lazy(() =>
  z.object({
    type: z.literal("dynamicToolCall"),
    id: z.string(),
    namespace: z.string().nullable(),
    tool: z.string(),
    arguments: z.unknown().refine(isShallow, tooDeep),
    status: DynamicToolCallStatus,
    /** What the model was told; null until it completes. */
    contentItems: z.array(ToolOutputPart).nullable(),
    success: z.boolean().nullable(),
    durationMs: z.number().nullable(),
    ...timed,
  }),
);

export const DynamicToolCallParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    callId: z.string(),
    namespace: z.string().nullable(),
    tool: z.string(),
    arguments: z.unknown(),
  }),
);
export type DynamicToolCallParams = z.infer<typeof DynamicToolCallParams>;
export const DynamicToolCallResponse = z.lazy(() =>
  z.object({ contentItems: z.array(ToolOutputPart), success: z.boolean() }),
);
export type DynamicToolCallResponse = z.infer<typeof DynamicToolCallResponse>;

export const ThreadItem = z.lazy(() =>
  z.discriminatedUnion("type", [
    UserMessageItem,
    AgentMessageItem,
    ReasoningItem,
    CommandExecutionItem,
    FileChangeItem,
    DynamicToolCallItem,
    ContextCompactionItem,
  ]),
);
export type ThreadItem = z.infer<typeof ThreadItem>;
export type ThreadItemOf<T extends ThreadItem["type"]> = Extract<ThreadItem, { type: T }>;

const inTurn = { threadId: z.string(), turnId: z.string() };
const delta = { ...inTurn, itemId: z.string(), delta: z.string() };

export const ItemStartedNotification = z.lazy(() => z.object({ item: ThreadItem, ...inTurn, startedAtMs: z.number() }));
export const ItemCompletedNotification = z.lazy(() =>
  z.object({ item: ThreadItem, ...inTurn, completedAtMs: z.number(), contentTokenCount: vacant }),
);
export const ItemDeltaNotification = z.object(delta);
/** `changes` take the place of those before. */
export const FileChangePatchUpdatedNotification = z.lazy(() =>
  z.object({
    ...inTurn,
    itemId: z.string(),
    changes: z.array(FileUpdateChange),
    /** As in the item: absent when the patch is whole, and the changes are what would be written. Ours. */
    isWriting: z.boolean().optional(),
  }),
);
export const ReasoningSummaryTextDeltaNotification = z.object({ ...delta, summaryIndex: z.number().int() });
export const ReasoningSummaryPartAddedNotification = z.lazy(() =>
  z.object({
    ...inTurn,
    itemId: z.string(),
    summaryIndex: z.number().int(),
  }),
);
export const ReasoningTextDeltaNotification = z.object({ ...delta, contentIndex: z.number().int() });

export const CompactionParams = z.object({ threadId: z.string(), itemId: z.string() });
export const CompactionUndoneNotification = z.object({ ...inTurn, itemId: z.string() });
