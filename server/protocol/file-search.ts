// Finding files by a few letters of their paths: once, or in a session that answers while somebody types.
import * as z from "zod";

export const FileMatch = z.lazy(() =>
  z.object({
    /** As the client wrote it. */
    root: z.string(),
    /** Relative to the root. */
    path: z.string(),
    match_type: z.enum(["file", "directory"]),
    file_name: z.string(),
    /** The higher the better; 65,536 and more when the letters are all in the name of a file. */
    score: z.number().int(),
    /** Which characters (code points) of `path` matched, ascending. */
    indices: z.array(z.number().int()).nullable(),
  }),
);
export type FileMatch = z.infer<typeof FileMatch>;

export const FuzzyFileSearchParams = z.lazy(() =>
  z.object({
    /**
     * Words that must all be there. `^word` begins the path, `word$` ends it, `'word` is there as it stands, `!word` is
     * not there; a backslash makes the next character an ordinary one. Empty: nothing is found.
     */
    query: z.string(),
    /** Directories. One that does not exist has no files. */
    roots: z.array(z.string()),
    /** A later search of the same client with the same token stops this one, which then finds nothing. */
    cancellationToken: z.string().nullish(),
  }),
);
/** At most 50, the best first. */
export const FuzzyFileSearchResponse = z.lazy(() => z.object({ files: z.array(FileMatch) }));

/** The files are listed once, now. A session of the same id is replaced. It ends with the connection. */
export const SessionStartParams = z.lazy(() => z.object({ sessionId: z.string(), roots: z.array(z.string()) }));
export const SessionUpdateParams = z.lazy(() => z.object({ sessionId: z.string(), query: z.string() }));
/** No such session is fine. */
export const SessionStopParams = z.lazy(() => z.object({ sessionId: z.string() }));
export const SessionResponse = z.lazy(() => z.object({}));

/** While the files are still being listed it is sent again as more are found. */
export const SessionUpdatedNotification = z.lazy(() =>
  z.object({ sessionId: z.string(), query: z.string(), files: z.array(FileMatch) }),
);
/** What was found for the latest query is all there is. */
export const SessionCompletedNotification = z.lazy(() => z.object({ sessionId: z.string() }));
