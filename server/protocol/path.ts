// Paths as they travel: absolute, in the notation of the machine the server runs on.
import * as z from "zod";

/** The message is the original's: clients match on it. */
export const AbsolutePath = z
  .string()
  .refine((path) => isAbsolute(path), { message: "AbsolutePathBuf deserialized without a base path" });

/** `/x`, `C:\\x`, `C:/x` or `\\\\host\\share`. */
function isAbsolute(path: string): boolean {
  return /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path);
}
