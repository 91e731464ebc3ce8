// What a run of the server said of its configuration, kept for a panel that comes later: the server says it only once.
import type { serverNotifications } from "../../server/protocol/methods.ts";
import type { Connection } from "../../server/protocol/rpc/connection.ts";

const KEPT: keyof typeof serverNotifications = "configWarning";

export class KeptWarnings {
  #params: unknown[] = [];

  /** The next run reads the configuration anew. */
  runStarts(): void {
    this.#params = [];
  }

  /** Takes any notification of the server. */
  heard(method: string, params: unknown): void {
    if (method === KEPT) this.#params.push(params);
  }

  panelReady(page: Pick<Connection, "notify">): void {
    for (const params of this.#params) page.notify(KEPT, params);
  }
}
