// What a handler knows of who calls: the connection as a thread sees it.
import type { Client } from "../thread/client.ts";

export interface Caller {
  readonly client: Client;
}
