// Where a request of the panel goes, and what is added to it on the way. Pure, and names no method: the tables decide.
import { clientRequests } from "../server/protocol/methods.ts";
import { hostRequests } from "../server/protocol/host-methods.ts";
import { parseParams } from "../server/protocol/rpc/dispatch.ts";
import { RpcError, unknownMethod } from "../server/protocol/rpc/errors.ts";

export type Route = { kind: "host" } | { kind: "server"; params: unknown };

const INVALID_REQUEST = -32600;

/**
 * `cwd`: the folder threads run in; null when no local folder is open.
 * Throws RpcError for a method the panel may not use, for params that do not fit, and where a folder is needed.
 */
export function route(method: string, params: unknown, cwd: string | null): Route {
  if (Object.hasOwn(hostRequests, method)) return { kind: "host" };
  const row = isClientRequest(method) ? clientRequests[method] : undefined;
  if (row === undefined || !row.from.includes("webview")) throw unknownMethod(method, panelMethods());
  const valid = parseParams(row.params, params);
  return { kind: "server", params: row.needsWorkspace ? withFolder(valid, cwd) : valid };
}

function isClientRequest(method: string): method is keyof typeof clientRequests {
  return Object.hasOwn(clientRequests, method);
}

function panelMethods(): string[] {
  const relayed = Object.entries(clientRequests).filter(([, row]) => row.from.includes("webview"));
  return [...relayed.map(([method]) => method), ...Object.keys(hostRequests)];
}

function withFolder(params: object, cwd: string | null): object {
  if ("cwd" in params && params.cwd != null) return params;
  if (cwd === null)
    throw new RpcError(INVALID_REQUEST, "No folder is open, and Belay works in one. Open a folder first.");
  return { ...params, cwd };
}
