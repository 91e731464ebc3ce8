// What Belay changed in files: to review, to undo and to compare. All of it is ours; the original has nothing like it.
import * as z from "zod";
import { OwnPath } from "./path.ts";

/** Which turn made a change. */
export const TurnRef = z.object({ threadId: z.string(), turnId: z.string() });
export type TurnRef = z.infer<typeof TurnRef>;

/** Lines from `start` on (zero-based), as an editor counts them; none where `count` is 0. */
export const LineRange = z.object({ start: z.int(), count: z.int() });
export type LineRange = z.infer<typeof LineRange>;

/** Lines that differ from the baseline: one thing to keep or to undo. */
export const ReviewHunk = z.lazy(() =>
  z.object({
    /** Names this hunk for as long as it is certainly the same, and never another one. */
    id: z.string(),
    baseline: LineRange,
    current: LineRange,
    /** Oldest first. Empty when nobody knows any more. */
    turns: z.array(TurnRef),
    /** The person has edited these lines since: to undo it takes that away, too. */
    isEdited: z.boolean(),
  }),
);
export type ReviewHunk = z.infer<typeof ReviewHunk>;

/** A file with changes of Belay's that nobody has kept or undone yet. */
export const ReviewFile = z.lazy(() =>
  z.object({
    /** Absolute; where the file is, or was when it is deleted. */
    path: z.string(),
    /** Absolute; where it was before Belay moved it. */
    movedFrom: z.string().nullable(),
    kind: z.enum(["add", "delete", "update"]),
    /** `proposed`: the disk does not have it; to keep it writes it. */
    state: z.enum(["written", "proposed"]),
    added: z.int(),
    removed: z.int(),
    /** In order of lines. Empty for what is not text, and for a file that was only moved: it is kept or undone as a whole. */
    hunks: z.array(ReviewHunk),
    /** False: it can only be kept or undone as a whole. */
    isText: z.boolean(),
    /** All turns that had a part in it, oldest first. */
    turns: z.array(TurnRef),
    /** What to look out for, as a sentence: it lies where programs look for what they run, or outside the workspace. */
    warning: z.string().nullable(),
    /** Why it cannot be undone, as a sentence; null when it can. */
    cannotUndo: z.string().nullable(),
  }),
);
export type ReviewFile = z.infer<typeof ReviewFile>;

/** Absent: the workspace of the connection. */
const workspace = { cwd: OwnPath.nullish() };
/** The folders of the client's window: what lies in one of them is not outside the workspace. */
const windowFolders = z.array(OwnPath).nullish();

export const ReviewListParams = z.object({
  ...workspace,
  windowFolders,
  /** Only this file. */
  path: OwnPath.nullish(),
});
/** Files in order of their paths. */
export const ReviewListResponse = z.lazy(() => z.object({ files: z.array(ReviewFile) }));
export type ReviewListResponse = z.infer<typeof ReviewListResponse>;

/** `baseline`: before Belay's changes. `proposed`: as it would be with the proposal. */
export const ReviewTextParams = z.lazy(() =>
  z.object({ ...workspace, path: OwnPath, side: z.enum(["baseline", "proposed"]) }),
);
/** Null: there is no file on that side, or it is not text. */
export const ReviewTextResponse = z.object({ text: z.string().nullable() });

/** Without a path all files, without a hunk the whole file. */
const reviewScope = { ...workspace, windowFolders, path: OwnPath.nullish(), hunkId: z.string().nullish() };

/**
 * Kept changes are not to review any more; kept proposals are written. Without a path those with a warning stay proposed,
 * and `message` says so: they are kept one by one.
 */
export const ReviewKeepParams = z.lazy(() => z.object({ ...reviewScope, acceptMerges: z.boolean().nullish() }));
export const ReviewUndoParams = ReviewKeepParams;

/** What becomes, or would become, of one file. */
export const RestoredFile = z.lazy(() =>
  z.object({
    /** Absolute; where it is before. */
    path: z.string(),
    /** Absolute; where it is behind, when that is elsewhere. */
    movedTo: z.string().nullable(),
    /**
     * `exact`: byte for byte as it was. `merged`: it was changed since, and both changes fit together; or, behind a write,
     * changed further as it was saved, as `reason` says. `conflict`: they do not, and `reason` says why.
     */
    outcome: z.enum(["exact", "merged", "conflict"]),
    reason: z.string().nullable(),
    /** Hunks of a unified diff from what is there now to what would be. */
    diff: z.string(),
    /** For `merged`: the whole text as it would be. */
    merged: z.string().nullable(),
  }),
);
export type RestoredFile = z.infer<typeof RestoredFile>;

/**
 * All or nothing. `done`: written. `nothing`: there was nothing to do. `needsMerge`: nothing was written; ask the person
 * with `files`, and again with `acceptMerges`. `conflict` and `failed`: nothing was written.
 */
export const RestoreResponse = z.lazy(() =>
  z.object({
    outcome: z.enum(["done", "nothing", "needsMerge", "conflict", "failed"]),
    files: z.array(RestoredFile),
    /** For the person: why it was not done; of what was done, which files are not just as they were to be. */
    message: z.string().nullable(),
  }),
);
export type RestoreResponse = z.infer<typeof RestoreResponse>;

/** Something in `belay/review/list` of this workspace is not as it was. */
export const ReviewUpdatedNotification = z.object({ cwd: z.string() });

/** Takes back what turns changed in files, or does it again. The conversation stays: that is `thread/revert`. */
export const FilesRestoreParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    /** These turns; or, with `fromTurnId`, that one and all later ones. */
    turnIds: z.array(z.string()).nullish(),
    fromTurnId: z.string().nullish(),
    direction: z.enum(["undo", "redo"]),
    /** Only these files. */
    paths: z.array(OwnPath).nullish(),
    /** Only says what would be. */
    dryRun: z.boolean().nullish(),
    /** The person has seen the merges and wants them. */
    acceptMerges: z.boolean().nullish(),
  }),
);
export type FilesRestoreParams = z.infer<typeof FilesRestoreParams>;

/** What a turn has changed in files, and what became of that. */
export const TurnChanges = z.lazy(() =>
  z.object({
    turnId: z.string(),
    /** Absolute, in order of paths. */
    paths: z.array(z.string()),
    added: z.int(),
    removed: z.int(),
    state: z.enum(["applied", "partlyUndone", "undone"]),
    /** Files it changed that cannot be put back, each with the reason. */
    notCaptured: z.array(z.object({ path: z.string(), reason: z.string() })),
  }),
);
export type TurnChanges = z.infer<typeof TurnChanges>;

export const FilesTurnsParams = z.object({ threadId: z.string() });
/** Turns that changed files, oldest first. */
export const FilesTurnsResponse = z.lazy(() => z.object({ turns: z.array(TurnChanges) }));
/** Of some turns of a thread: what `belay/files/turns` says of them now. */
export const FilesUpdatedNotification = z.lazy(() => z.object({ threadId: z.string(), turns: z.array(TurnChanges) }));

/** Without a turn: from before the thread's first change to behind its last. */
export const FilesDiffParams = z.object({ threadId: z.string(), turnId: z.string().nullish() });
/** Git-style. */
export const FilesDiffResponse = z.object({ diff: z.string() });

/** What the change journal takes on disk. */
export const JournalReadResponse = z.object({ bytes: z.int(), maxBytes: z.int() });
/** Forgets how to undo: of one workspace, or of all when `cwd` is null. What waits for review counts as kept. */
export const JournalClearParams = z.object({ cwd: OwnPath.nullable() });
export const JournalClearResponse = z.object({ freedBytes: z.int() });
