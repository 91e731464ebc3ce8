// A change of files that the editor makes: through its buffers and its undo, as one edit.
import * as z from "zod";

/** Zero-based; characters are UTF-16 code units. */
export const Position = z.lazy(() => z.object({ line: z.number().int(), character: z.number().int() }));
export type Position = z.infer<typeof Position>;
export const Range = z.object({ start: Position, end: Position });
export type Range = z.infer<typeof Range>;

export const TextEdit = z.object({ range: Range, newText: z.string() });
export const DocumentChange = z.lazy(() =>
  z.union([
    z.object({
      textDocument: z.object({ uri: z.string(), version: z.number().int().nullable() }),
      edits: z.array(TextEdit),
    }),
    z.object({ kind: z.literal("create"), uri: z.string(), options: z.object({ overwrite: z.boolean() }) }),
    z.object({ kind: z.literal("rename"), oldUri: z.string(), newUri: z.string() }),
    z.object({ kind: z.literal("delete"), uri: z.string() }),
  ]),
);
export type DocumentChange = z.infer<typeof DocumentChange>;

export const ApplyEditParams = z.lazy(() =>
  z.object({
    label: z.string(),
    edit: z.object({ documentChanges: z.array(DocumentChange) }),
    /**
     * For each file that must exist: SHA-256 (hex) of its text as the editor holds it, without BOM and with "\n" line
     * ends. A file whose text differs was changed since the preview: nothing at all is applied then.
     */
    expected: z.record(z.string(), z.string()),
    /**
     * For each file that the edit touches, by its URI: the real path that was approved. When links lead elsewhere by now,
     * nothing at all is applied. Absent: an older server, which did not say.
     */
    realPaths: z.record(z.string(), z.string()).optional(),
    /**
     * For each text that the edit leaves, by its URI: the digest it has by then, made like `expected`. What differs was
     * changed by somebody else on the way, such as a formatter at saving.
     */
    after: z.record(z.string(), z.string()).optional(),
  }),
);
export type ApplyEditParams = z.infer<typeof ApplyEditParams>;
export const EditedFile = z.lazy(() =>
  z.object({
    uri: z.string(),
    /** False: it is only in the editor, where it was unsaved before, or could not be saved. */
    isSaved: z.boolean(),
    /** Why it could not be saved; absent when it was, or was not meant to be. */
    saveProblem: z.string().optional(),
    /** The text as the editor holds it now, where that is not what the edit alone makes of it. */
    text: z.string().optional(),
  }),
);
export type EditedFile = z.infer<typeof EditedFile>;
export const ApplyEditResult = z.lazy(() =>
  z.object({
    applied: z.boolean(),
    /** A sentence for the model and the person, when not applied. */
    failureReason: z.string().optional(),
    /** It was not applied because a file is not what was expected: to plan it anew may help. */
    isStale: z.boolean().optional(),
    /** What became of each text, when applied. Absent: an older editor, which does not say. */
    files: z.array(EditedFile).optional(),
  }),
);
export type ApplyEditResult = z.infer<typeof ApplyEditResult>;
