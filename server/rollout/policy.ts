// What is persisted of what clients are told: one decision a notification, and forgetting one does not compile.
// Deltas are not: the completed item has all of it. Started items are not: what did not complete did not happen.
import type { ServerNotification } from "../protocol/methods.ts";

const persisted: { [M in ServerNotification["method"]]: boolean } = {
  configWarning: false,
  warning: false,
  "account/login/completed": false,
  "account/updated": false,
  error: false,
  "thread/started": false,
  "thread/archived": false,
  "thread/unarchived": false,
  "thread/deleted": false,
  // As a `reverted` entry.
  "thread/reverted": false,
  "thread/closed": false,
  // As a `metadata` entry.
  "thread/name/updated": false,
  "thread/status/changed": false,
  // As a `settings` entry, which is read without replaying.
  "thread/settings/updated": false,
  "thread/tokenUsage/updated": true,
  "turn/started": true,
  "turn/completed": true,
  "turn/diff/updated": false,
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
  "fs/changed": false,
  "fuzzyFileSearch/sessionUpdated": false,
  "fuzzyFileSearch/sessionCompleted": false,
  // Of a connection and no thread.
  "command/exec/outputDelta": false,
  "serverRequest/resolved": false,
};

export function isPersisted(notification: ServerNotification): boolean {
  return persisted[notification.method];
}
