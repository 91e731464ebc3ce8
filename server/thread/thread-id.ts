// What can be the id of a thread at all.
import { invalidThreadId } from "../protocol/rpc/errors.ts";
import { isUuid } from "../util/uuid-v7.ts";

/** Throws RpcError for what names no thread, and so no file either. */
export function checkThreadId(threadId: string): void {
  if (!isUuid(threadId)) throw invalidThreadId(threadId);
}
