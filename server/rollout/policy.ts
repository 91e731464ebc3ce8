// What is persisted of what clients are told: one decision a notification, and forgetting one does not compile.
// Deltas are not: the completed item has all of it. Started items are not: what did not complete did not happen.
import type { ServerNotification } from "../protocol/methods.ts";

type Decision<M> = boolean | ((params: Extract<ServerNotification, { method: M }>["params"]) => boolean);

const persisted: { [M in ServerNotification["method"]]: Decision<M> } = {
  configWarning: false,
  warning: false,
  "account/login/completed": false,
  "account/updated": false,
  // How a turn failed is in its end. What is taken back may have completed, and so be here.
  error: ({ takenBack = [] }) => takenBack.length > 0,
  "thread/started": false,
  "thread/archived": false,
  "thread/unarchived": false,
  "thread/deleted": false,
  // As a `reverted` entry.
  "thread/reverted": false,
  "thread/closed": false,
  // In the file of the sections, whoever writes to the thread.
  "thread/section/changed": false,
  // As a `metadata` entry.
  "thread/name/updated": false,
  "thread/status/changed": false,
  // A file of its own has the queue.
  "thread/queue/changed": false,
  // As a `settings` entry, which is read without replaying.
  "thread/settings/updated": false,
  "thread/tokenUsage/updated": true,
  "turn/started": true,
  "turn/completed": true,
  "turn/diff/updated": false,
  // No item has it, and a compaction tells the model the latest one anew.
  "turn/plan/updated": true,
  "belay/compaction/undone": true,
  "item/started": false,
  "item/completed": true,
  "item/agentMessage/delta": false,
  "item/reasoning/summaryPartAdded": false,
  "item/reasoning/summaryTextDelta": false,
  "item/reasoning/textDelta": false,
  "item/commandExecution/outputDelta": false,
  "item/fileChange/patchUpdated": false,
  "item/commandExecution/terminalInteraction": false,
  // The change journal has it.
  "belay/review/updated": false,
  "belay/files/updated": false,
  "belay/sandbox/updated": false,
  // Of this process and its disk, as it is now.
  "belay/thread/saving/updated": false,
  "fs/changed": false,
  "fuzzyFileSearch/sessionUpdated": false,
  "fuzzyFileSearch/sessionCompleted": false,
  // Of a connection and no thread.
  "command/exec/outputDelta": false,
  "serverRequest/resolved": false,
};

export function isPersisted(notification: ServerNotification): boolean {
  const decision: Decision<never> = persisted[notification.method];
  return typeof decision === "function" ? decision(notification.params as never) : decision;
}
