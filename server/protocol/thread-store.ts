// Threads as a collection: taking them up again, listing, searching, forking, putting them away.
import * as z from "zod";
import { CollaborationMode, GitInfo, Thread, ThreadStartParams, ThreadStartResponse } from "./thread.ts";
import { ThreadItem } from "./item.ts";
import { Turn, TurnItemsView } from "./turn.ts";

const SortDirection = z.enum(["asc", "desc"]);
/** Cursors are ours to read alone; a page answers with the one behind it and the one that leads back over it. */
const page = { cursor: z.string().nullish(), limit: z.number().int().min(0).nullish() };
const cursors = { nextCursor: z.string().nullable(), backwardsCursor: z.string().nullable() };

const overrides = ThreadStartParams.pick({
  model: true,
  modelProvider: true,
  cwd: true,
  runtimeWorkspaceRoots: true,
  windowFolders: true,
  approvalPolicy: true,
  sandbox: true,
  permissions: true,
  config: true,
  baseInstructions: true,
  developerInstructions: true,
  mode: true,
  edits: true,
}).shape;

export const ThreadResumeParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    ...overrides,
    /** True: the turns are read by `thread/turns/list` and `thread/items/list` instead. */
    excludeTurns: z.boolean().nullish(),
    /** Asks for a page of turns within the answer. */
    initialTurnsPage: z
      .object({ limit: page.limit, sortDirection: SortDirection.nullish(), itemsView: TurnItemsView.nullish() })
      .nullish(),
  }),
);
export type ThreadResumeParams = z.infer<typeof ThreadResumeParams>;

export const ThreadTurnsListParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    ...page,
    /** Newest first when absent. */
    sortDirection: SortDirection.nullish(),
    /** `summary` when absent: the first message of the user and the last of the agent. */
    itemsView: TurnItemsView.nullish(),
  }),
);
export type ThreadTurnsListParams = z.infer<typeof ThreadTurnsListParams>;
export const ThreadTurnsListResponse = z.object({ data: z.array(Turn), ...cursors });
export type ThreadTurnsListResponse = z.infer<typeof ThreadTurnsListResponse>;

export const ThreadResumeResponse = ThreadStartResponse.extend({
  collaborationMode: CollaborationMode,
  initialTurnsPage: ThreadTurnsListResponse.nullable(),
  /** For `thread/turns/list` and `thread/items/list` backwards from the end. Null while there is nothing. */
  turnsBackwardsCursor: z.string().nullable(),
  itemsBackwardsCursor: z.string().nullable(),
});
export type ThreadResumeResponse = z.infer<typeof ThreadResumeResponse>;

export const ThreadForkParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    ...overrides,
    /** The last turn the fork has; all when absent. */
    lastTurnId: z.string().nullish(),
    /** The first turn it has not; not together with `lastTurnId`. */
    beforeTurnId: z.string().nullish(),
    ephemeral: z.boolean().nullish(),
    excludeTurns: z.boolean().nullish(),
    threadSource: z.string().nullish(),
  }),
);
export type ThreadForkParams = z.infer<typeof ThreadForkParams>;

const SourceKind = z.enum([
  "cli",
  "vscode",
  "exec",
  "appServer",
  "subAgent",
  "subAgentReview",
  "subAgentCompact",
  "subAgentThreadSpawn",
  "subAgentOther",
  "unknown",
]);

export const ThreadListParams = z.lazy(() =>
  z.object({
    ...page,
    /** `section_position` only with a `sectionId`; it ascends when no direction is given. */
    sortKey: z.enum(["created_at", "updated_at", "recency_at", "section_position"]).nullish(),
    sortDirection: SortDirection.nullish(),
    modelProviders: z.array(z.string()).nullish(),
    /** `cli` and `vscode` when absent or empty. */
    sourceKinds: z.array(SourceKind).nullish(),
    originators: z.array(z.string()).nullish(),
    /** True: those that were put away, and no others. */
    archived: z.boolean().nullish(),
    /** Only threads of these directories. */
    cwd: z.union([z.string(), z.array(z.string())]).nullish(),
    /** In the title or the first message. */
    searchTerm: z.string().nullish(),
    excludedThreadIds: z.array(z.string()).nullish(),
    /** Only threads of this section; null: only those that are in none. */
    sectionId: z.string().nullish(),
    /** True: what is known already will do, and no file is looked at. */
    useStateDbOnly: z.boolean().optional(),
    // No thread here belongs to another one or to a project: asked for those of one, there are none.
    parentThreadId: z.string().nullish(),
    ancestorThreadId: z.string().nullish(),
    attachedToThreadId: z.string().nullish(),
    projectId: z.string().nullish(),
  }),
);
export type ThreadListParams = z.infer<typeof ThreadListParams>;
export const ThreadListResponse = z.object({ data: z.array(Thread), ...cursors });
export type ThreadListResponse = z.infer<typeof ThreadListResponse>;

export const ThreadReadParams = z.lazy(() => z.object({ threadId: z.string(), includeTurns: z.boolean().nullish() }));

export const ThreadItemsListParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    turnId: z.string().nullish(),
    ...page,
    /** A cursor of a page before, or an item to go on behind. */
    cursor: z.union([z.string(), z.object({ type: z.literal("item"), itemId: z.string() })]).nullish(),
    /** Oldest first when absent. */
    sortDirection: SortDirection.nullish(),
    /** True members: the output of such items is left out, and the entry says so. */
    deferOutput: z.object({ commandExecution: z.boolean().nullish() }).nullish(),
  }),
);
export type ThreadItemsListParams = z.infer<typeof ThreadItemsListParams>;
export const ThreadItemsListResponse = z.lazy(() =>
  z.object({
    data: z.array(
      z.object({
        turnId: z.string(),
        item: ThreadItem,
        outputDeferred: z.boolean().optional(),
        startedAtMs: z.number().nullable(),
        completedAtMs: z.number().nullable(),
      }),
    ),
    ...cursors,
  }),
);
export type ThreadItemsListResponse = z.infer<typeof ThreadItemsListResponse>;

export const ThreadLoadedListParams = z.lazy(() => z.object(page));
export const ThreadLoadedListResponse = z.lazy(() =>
  z.object({ data: z.array(z.string()), nextCursor: z.string().nullable() }),
);

export const ThreadSearchParams = z.lazy(() =>
  z.object({
    ...page,
    /** Anywhere in what was said, in any case. */
    searchTerm: z.string(),
    sortKey: z.enum(["created_at", "updated_at", "recency_at"]).nullish(),
    sortDirection: SortDirection.nullish(),
    sourceKinds: z.array(SourceKind).nullish(),
    archived: z.boolean().nullish(),
  }),
);
export type ThreadSearchParams = z.infer<typeof ThreadSearchParams>;
export const ThreadSearchResponse = z.lazy(() =>
  z.object({ data: z.array(z.object({ thread: Thread, snippet: z.string() })), ...cursors }),
);
export type ThreadSearchResponse = z.infer<typeof ThreadSearchResponse>;

export const ThreadSearchOccurrencesParams = z.lazy(() =>
  z.object({ threadId: z.string(), searchTerm: z.string(), ...page }),
);
export type ThreadSearchOccurrencesParams = z.infer<typeof ThreadSearchOccurrencesParams>;
export const ThreadSearchOccurrencesResponse = z.lazy(() =>
  z.object({
    data: z.array(
      z.object({
        turnId: z.string(),
        itemId: z.string(),
        snippet: z.string(),
        /** In UTF-16 code units of the snippet. */
        snippetMatchRange: z.object({ start: z.number().int(), end: z.number().int() }),
        /** For `thread/turns/list`, to show the turn. */
        turnCursor: z.string(),
      }),
    ),
    nextCursor: z.string().nullable(),
  }),
);
export type ThreadSearchOccurrencesResponse = z.infer<typeof ThreadSearchOccurrencesResponse>;

export const ThreadSetNameParams = z.lazy(() => z.object({ threadId: z.string(), name: z.string() }));
export const ThreadMetadataUpdateParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    /** A member that is absent stays as it is; null clears it. */
    gitInfo: GitInfo.partial().nullish(),
  }),
);
export const ThreadUnsubscribeResponse = z.lazy(() =>
  z.object({ status: z.enum(["unsubscribed", "notSubscribed", "notLoaded"]) }),
);

/** Cuts off the end of a thread's history: this turn and all behind it. Files stay as they are. */
export const ThreadRevertParams = z.object({ threadId: z.string(), beforeTurnId: z.string() });
export const ThreadRevertResponse = z.lazy(() =>
  z.object({
    /** Its `turns` are empty: they are read page by page. */
    thread: Thread,
    /** For `thread/turns/list` and `thread/items/list` with `sortDirection: "desc"`; null when nothing is left. */
    turnsBackwardsCursor: z.string().nullable(),
    itemsBackwardsCursor: z.string().nullable(),
  }),
);
