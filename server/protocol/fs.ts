// Files of the machine the server runs on, for clients that have no file system of their own. These methods have all
// rights of the user who runs the server: no sandbox confines them, and nobody is asked.
import * as z from "zod";
import { AbsolutePath } from "./path.ts";

const OnlyPath = z.lazy(() => z.object({ path: AbsolutePath }));
const Done = z.lazy(() => z.object({}));

export const FsReadFileParams = OnlyPath;
export const FsReadFileResponse = z.lazy(() => z.object({ dataBase64: z.string() }));

export const FsWriteFileParams = z.lazy(() =>
  z.object({
    path: AbsolutePath,
    /** Standard alphabet, padded. */
    dataBase64: z.string(),
  }),
);
export const FsWriteFileResponse = Done;

export const FsCreateDirectoryParams = z.lazy(() =>
  z.object({
    path: AbsolutePath,
    /** Parents as well, and it may be there already. Default: true. */
    recursive: z.boolean().nullish(),
  }),
);
export const FsCreateDirectoryResponse = Done;

export const FsGetMetadataParams = OnlyPath;
export const FsGetMetadataResponse = z.lazy(() =>
  z.object({
    /** What a link leads to is described, but for `isSymlink`. */
    isDirectory: z.boolean(),
    isFile: z.boolean(),
    isSymlink: z.boolean(),
    /** Unix milliseconds; 0 where the file system does not keep it. */
    createdAtMs: z.number().int(),
    modifiedAtMs: z.number().int(),
  }),
);

export const FsReadDirectoryParams = OnlyPath;
export const FsReadDirectoryResponse = z.lazy(() =>
  z.object({
    /** By name. Links are what they lead to; one that leads nowhere is left out. */
    entries: z.array(z.object({ fileName: z.string(), isDirectory: z.boolean(), isFile: z.boolean() })),
  }),
);

export const FsRemoveParams = z.lazy(() =>
  z.object({
    path: AbsolutePath,
    /** A directory with all that is in it. Default: true. */
    recursive: z.boolean().nullish(),
    /** That nothing is there is fine. Default: true. */
    force: z.boolean().nullish(),
  }),
);
export const FsRemoveResponse = Done;

export const FsCopyParams = z.lazy(() =>
  z.object({
    sourcePath: AbsolutePath,
    destinationPath: AbsolutePath,
    /** Must be true for a directory. */
    recursive: z.boolean().optional(),
  }),
);
export const FsCopyResponse = Done;

export const FsWatchParams = z.lazy(() =>
  z.object({
    /** The client's own name for it, unique on its connection. */
    watchId: z.string(),
    /** A file, a directory (with its direct children), or what is not there yet. */
    path: AbsolutePath,
  }),
);
export const FsWatchResponse = z.lazy(() => z.object({ path: z.string() }));

export const FsUnwatchParams = z.lazy(() => z.object({ watchId: z.string() }));
export const FsUnwatchResponse = Done;

export const FsChangedNotification = z.lazy(() =>
  z.object({
    watchId: z.string(),
    /** Sorted; below the path that was watched, or that path itself. */
    changedPaths: z.array(z.string()),
  }),
);
