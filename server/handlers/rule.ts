// Requests about what may run unasked.
import { judgeCommand } from "../approval/judge.ts";
import { requirement } from "../approval/policy.ts";
import type { PolicyVerdict } from "../protocol/command.ts";
import type { clientRequests } from "../protocol/methods.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { RuleStore } from "../thread/rule-store.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type Methods = "belay/rule/list" | "belay/rule/remove" | "belay/policy/check";

export function ruleHandlers(
  rules: RuleStore,
  threads: ThreadStore,
): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  return {
    async "belay/rule/list"({ threadId }) {
      const { rules: written, problems } = await rules.current();
      const ofThread = threadId ? threads.get(threadId).approvals.rules : [];
      return { rules: [...written, ...ofThread], problems };
    },
    async "belay/rule/remove"({ id, threadId }) {
      const isOfThread = threadId ? threads.get(threadId).approvals.removeRule(id) : false;
      return { removed: isOfThread || (await rules.remove(id)) };
    },
  };
}
