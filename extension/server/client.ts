// The server as the rest of the extension sees it while it runs: requests typed by the protocol's table.
import type { clientRequests } from "../../server/protocol/methods.ts";
import type { ParamsIn, ResultOf } from "../../server/protocol/rows.ts";

type Requests = typeof clientRequests;

export interface Client {
  /** Rejects with RpcError: the server's answer, or a sentence when the server ended meanwhile. */
  request<M extends keyof Requests & string>(method: M, params: ParamsIn<Requests, M>): Promise<ResultOf<Requests, M>>;
  /** A request that was composed and validated elsewhere; the answer is handed through as it came. */
  relay(method: string, params: unknown, signal: AbortSignal): Promise<unknown>;
}
