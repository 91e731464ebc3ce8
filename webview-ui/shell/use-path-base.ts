// What paths of a thread are shown by. Remains the same object until something in it is another.
import { useMemo } from "preact/hooks";
import type { PanelState } from "../state/state.ts";
import type { PathBase } from "../text/paths.ts";
import { useSelected } from "./panel-context.ts";

const none: PathBase["folders"] = [];
const pickFolders = ({ host }: PanelState) => host?.workspace?.folders ?? none;

export function usePathBase(cwd: string | null): PathBase {
  const folders = useSelected(pickFolders);
  // The editor says them anew whenever another file is looked at.
  return useMemo(() => ({ cwd, folders }), [cwd, JSON.stringify(folders)]);
}
