// What a handler knows of who calls: the connection as a thread sees it.
import type { Client } from "../thread/client.ts";

export interface Caller {
  readonly client: Client;
  /** From now on the caller hears nothing else until this request is answered. */
  answerFirst(): void;
}
