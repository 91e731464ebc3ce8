// Where a request of the panel goes, and what is added to it on the way. Pure, and names no method: the tables decide.
import { clientRequests } from "../../server/protocol/methods.ts";
import { hostRequests } from "../../server/protocol/host-methods.ts";
import { parseParams } from "../../server/protocol/rpc/dispatch.ts";
import type { WorkspacePart } from "../../server/protocol/rows.ts";
import { RpcError, unknownMethod } from "../../server/protocol/rpc/errors.ts";

export type Route = { kind: "host" } | { kind: "server"; params: unknown };

const INVALID_REQUEST = -32600;

/** `cwd`: the folder in which a new thread runs, one of `folders`. */
export interface WindowFolders {
  readonly cwd: string;
  readonly folders: readonly string[];
}

/**
 * `window`: null when no local folder is open.
 * Throws RpcError for a method the panel may not use, for params that do not fit, and where a folder is needed.
 */
export function route(method: string, params: unknown, window: WindowFolders | null): Route {
  if (Object.hasOwn(hostRequests, method)) return { kind: "host" };
  const row = isClientRequest(method) ? clientRequests[method] : undefined;
  if (row === undefined || !row.from.includes("webview")) throw unknownMethod(method, panelMethods());
  const valid = parseParams(row.params, params);
  return { kind: "server", params: withFolders(valid, row.needsWorkspace, window) };
}

function isClientRequest(method: string): method is keyof typeof clientRequests {
  return Object.hasOwn(clientRequests, method);
}

function panelMethods(): string[] {
  const relayed = Object.entries(clientRequests).filter(([, row]) => row.from.includes("webview"));
  return [...relayed.map(([method]) => method), ...Object.keys(hostRequests)];
}

/** What the panel says itself stands. */
function withFolders(params: object, part: WorkspacePart, window: WindowFolders | null): object {
  if (part === "nothing") return params;
  if (part === "windowFolders") return { ...(window === null ? {} : { windowFolders: window.folders }), ...params };
  // A list of no folder in particular is one of all.
  if (part === "cwds" && "cwd" in params && params.cwd === null) return params;
  const isNamed = "cwd" in params && params.cwd != null;
  if (window === null) {
    if (isNamed) return params;
    throw new RpcError(INVALID_REQUEST, "No folder is open, and Belay works in one. Open a folder first.");
  }
  const { cwd, folders } = window;
  const added = isNamed ? {} : { cwd: part === "cwds" ? [...folders] : cwd };
  return { ...added, ...(part === "both" ? { windowFolders: folders } : {}), ...params };
}
