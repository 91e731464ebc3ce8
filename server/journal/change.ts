// What the change journal knows: changes of files, each with the file as it was and as it became. Pure types and schemas;
// `journal.ts` keeps them on disk.
import * as z from "zod";

/** How bytes of a file are text; `binary` are none. As in files/encoding.ts. */
export const ImageEncoding = z.enum(["utf8", "utf16le", "utf16be", "bytes", "binary"]);

/**
 * A file at one moment. `hash` is the SHA-256 (hex) of its bytes as they are on disk, or would be if the editor saved them:
 * it names the blob that has them.
 */
export const Image = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("missing") }),
  z.object({
    kind: z.literal("file"),
    hash: z.string(),
    size: z.int(),
    /** Permission bits; null where only the editor has the file. */
    mode: z.int().nullable(),
    encoding: ImageEncoding,
  }),
  z.object({ kind: z.literal("link"), target: z.string() }),
  /** Its bytes were not kept. `hash` where they were at least read. */
  z.object({ kind: z.literal("notCaptured"), reason: z.string(), hash: z.string().nullable() }),
]);
export type Image = z.infer<typeof Image>;

/** A moved file is two of them: one that went, and one that came, which says where from. */
export const FileChange = z.object({
  /** Absolute and real. */
  path: z.string(),
  before: Image,
  after: Image,
  movedFrom: z.string().nullable().default(null),
});
export type FileChange = z.infer<typeof FileChange>;

export const ChangeSource = z.object({
  /** `undo` and `redo` say in `of` what they take back; `keep` writes proposals, named in `of`. */
  kind: z.enum(["patch", "command", "undo", "redo", "keep"]),
  threadId: z.string().nullable(),
  turnId: z.string().nullable(),
  itemId: z.string().nullable(),
  of: z.array(z.string()).default([]),
  /** Of an `undo`: paths in which only some of what those changes did is taken back. */
  partIn: z.array(z.string()).optional(),
  /** Of `undo` and `redo`: where those changes are taken back as well, though nothing was to be written under that name. */
  alsoIn: z.array(z.string()).optional(),
  /** Of a `command`: why it may have changed files that nobody knows of, as a sentence. Then there may be no files. */
  unwatched: z.string().optional(),
});
export type ChangeSource = z.infer<typeof ChangeSource>;

const change = {
  ...{ id: z.string(), atMs: z.number(), source: ChangeSource, files: z.array(FileChange) },
  /** Folders that were made for its files, outermost first. */
  folders: z.array(z.string()).optional(),
};

/** One line of a workspace's log. Order is by place in the file, never by time. */
export const JournalLine = z.discriminatedUnion("type", [
  /** Always the first line. */
  z.object({ type: z.literal("journal"), version: z.literal(1), cwd: z.string() }),
  /**
   * Synced before the first byte is written; `after` is what is planned. `owner` names the process that writes it
   * (exec/process-identity.ts; an older line has no place in it): once that is gone, the change is settled by looking.
   * `append` fills it in.
   */
  z.object({ type: z.literal("prepared"), ...change, owner: z.string().optional() }),
  /** It is written; `files` as they really are. */
  z.object({ type: z.literal("applied"), id: z.string(), files: z.array(FileChange) }),
  /** Nothing of it is written. */
  z.object({ type: z.literal("abandoned"), id: z.string() }),
  /** What a command did, seen behind it: `prepared` and `applied` in one. */
  z.object({ type: z.literal("captured"), ...change }),
  /** Not written: `before` is what it was made for, `after` what it proposes. */
  z.object({ type: z.literal("proposed"), ...change }),
  /** The proposals for these paths are gone: kept, undone, or overtaken. */
  z.object({ type: z.literal("settled"), paths: z.array(z.string()) }),
  /** The baseline of a file from here on; null: nothing of it is to review. */
  z.object({
    type: z.literal("reviewed"),
    path: z.string(),
    baseline: Image.nullable(),
    /** What the file was then: what differs from it later was changed since. */
    current: Image.nullable().optional(),
    /** The last change of the file that was looked at: the line counts from behind it. Absent: from where it stands. */
    behind: z.string().optional(),
  }),
  /** The thread is deleted: its changes cannot be undone any more and count as kept. */
  z.object({ type: z.literal("forgotten"), threadId: z.string() }),
]);
export type JournalLine = z.infer<typeof JournalLine>;

/** A change as the log has it by now. */
export interface Change {
  readonly id: string;
  readonly atMs: number;
  readonly source: ChangeSource;
  readonly files: readonly FileChange[];
  readonly folders?: readonly string[];
  /**
   * `prepared` that is neither applied nor abandoned: another process is at it, or died at it (settled by looking when the
   * log is opened).
   */
  readonly state: "prepared" | "applied" | "proposed";
}

export interface Reviewed {
  readonly baseline: Image | null;
  readonly current: Image | null;
  /** The id of the last change before that line, of those that `changes` has; null: none. */
  readonly after: string | null;
}

export interface ImageFacts {
  readonly mode: number | null;
  readonly encoding: z.infer<typeof ImageEncoding>;
  /** The file itself has these bytes, or is about to: nothing is lost with them when the machine fails. */
  readonly isCopy?: boolean;
}

/** The log of one workspace, shared with other processes. */
export interface WorkspaceJournal {
  /** The real folder. */
  readonly cwd: string;
  /** Oldest first, with what other processes appended. Those that were abandoned, settled or forgotten are left out. */
  changes(): Promise<readonly Change[]>;
  /** By path, what the last `reviewed` line said. */
  baselines(): Promise<ReadonlyMap<string, Reviewed>>;
  /** Null when they are not there any more (quota, cleared), or never were. */
  bytesOf(image: Image): Promise<Uint8Array | null>;
  /** Keeps the bytes and says what image they are. */
  keep(bytes: Uint8Array, facts: ImageFacts): Promise<Image>;
  /** Rejects with a sentence when it cannot be written down: then nothing may be written to the files either. */
  append(...lines: readonly JournalLine[]): Promise<void>;
  /** Nobody writes these changes any more, and how they ended could not be written down: that is found by looking. */
  leave(ids: readonly string[]): void;
  /** Called after each append of this process, and when another process's lines were found. Returns how to stop. */
  onChange(listener: () => void): () => void;
}
