// When an item began and ended, as clients are told.
import type { ServerNotification } from "../protocol/methods.ts";

/** An item does not end before it began, though the clock was set back meanwhile. */
export function neverBackwards(notification: ServerNotification): ServerNotification {
  if (notification.method !== "item/completed") return notification;
  const { params } = notification;
  const startedAtMs = params.item.startedAtMs ?? 0;
  if (params.completedAtMs >= startedAtMs && (params.item.completedAtMs ?? startedAtMs) >= startedAtMs) {
    return notification;
  }
  const item = { ...params.item, completedAtMs: startedAtMs };
  return { method: notification.method, params: { ...params, item, completedAtMs: startedAtMs } };
}
