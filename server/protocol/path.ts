// Paths as they travel: absolute, in the notation of the machine the server runs on.
import * as z from "zod";

/** The message is the original's: clients match on it. */
export const AbsolutePath = z
  .string()
  .refine((path) => isAbsolute(path), { message: "AbsolutePathBuf deserialized without a base path" });

/** The same for what is ours alone. */
export const OwnPath = z.string().refine((path) => isAbsolute(path) && !path.includes("\0"), {
  message: "a path must be absolute here, and without NULs",
});

/** `/x`, `C:\\x`, `C:/x` or `\\\\host\\share`. */
function isAbsolute(path: string): boolean {
  return /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path);
}
