// A connection as a thread sees it: someone to tell, and to ask.
import type { ServerNotification } from "../protocol/methods.ts";
import type { RequestId } from "../protocol/rpc/messages.ts";

export interface Client {
  /** From `clientInfo.name`. */
  readonly name: string;
  /** It takes what the protocol calls experimental. */
  readonly mayExperiment: boolean;
  /** A person can type to commands through it. */
  readonly showsTerminals: boolean;
  /** Aborted when it has gone: what it started for itself alone ends then. */
  readonly ended: AbortSignal;
  notify(notification: ServerNotification): void;
  /** Resolves when what it was sent so far is on its way to it: for who has more than anyone can read at once. */
  drained(): Promise<void>;
  /** Rejects when the client is gone, answers with an error, or the signal is aborted. */
  request(method: string, params: unknown, options: { id: RequestId; signal: AbortSignal }): Promise<unknown>;
}
