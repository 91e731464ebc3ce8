// The questions about one item.
import { useSelectedBy } from "../shell/panel-context.ts";
import type { Approval } from "../state/state.ts";

/** The latest one of whether it may be done at all. */
export function useApproval(itemId: string): Approval | null {
  return useSelectedBy(
    itemId,
    ({ approvals }) =>
      approvals.findLast((approval) => approval.request.params.itemId === itemId && !isTyping(approval)) ?? null,
  );
}

/** Those of typing into the command while it runs, oldest first. The list is a new one each time. */
export function typingApprovals(approvals: readonly Approval[], itemId: string): readonly Approval[] {
  return approvals.filter((approval) => approval.request.params.itemId === itemId && isTyping(approval));
}

function isTyping({ request }: Approval): boolean {
  return request.kind === "command" && request.params.kind === "writeStdin";
}
