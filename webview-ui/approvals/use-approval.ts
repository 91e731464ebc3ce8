// The latest question about one item.
import { useSelectedBy } from "../shell/panel-context.ts";
import type { Approval } from "../state/state.ts";

export function useApproval(itemId: string): Approval | null {
  return useSelectedBy(
    itemId,
    ({ approvals }) => approvals.findLast(({ request }) => request.params.itemId === itemId) ?? null,
  );
}
