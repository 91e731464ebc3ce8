// Where the tools that read may look: in the thread's folder, but for what commands may not read either.
import { resolve } from "node:path";
import { isInside } from "../util/inside.ts";
import type { PrepareContext } from "./tool.ts";

export type ReadablePlace =
  | {
      readonly kind: "readable";
      /** As it was spelled, absolute. */
      readonly path: string;
      readonly realPath: string;
      /** Where the thread's folder really is. */
      readonly folder: string;
      /** Asked again about what is really opened. */
      permits(realPath: string): boolean;
    }
  | { readonly kind: "refused"; readonly message: string };

/** The shell's sandbox hides credentials; these tools have no sandbox, so they stay where the user invited them. */
export async function readablePlace(spelled: string, { cwd, files }: PrepareContext): Promise<ReadablePlace> {
  const path = resolve(cwd, spelled);
  const outside = `${path} is outside the workspace. Use exec_command to look at it.`;
  try {
    const [folder, realPath] = await Promise.all([files.realTarget(cwd), files.realTarget(path)]);
    const isDenied = files.deniedTo(cwd);
    const permits = (real: string) => isInside(folder, real) && !isDenied(real);
    if (permits(realPath)) return { kind: "readable", path, realPath, folder, permits };
    if (!isInside(folder, realPath)) return { kind: "refused", message: outside };
    return { kind: "refused", message: `${path} is kept from tools and commands, as credentials are. Ask the user.` };
  } catch {
    // Where a path leads cannot be known (no access, a loop of links, a NUL): that is outside.
    return { kind: "refused", message: outside };
  }
}
