// Requests about what may run unasked.
import { judgeCommand } from "../approval/judge.ts";
import { requirement } from "../approval/policy.ts";
import { verdictOf } from "../approval/verdict.ts";
import type { clientRequests } from "../protocol/methods.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { ThreadSettings } from "../protocol/thread.ts";
import { unreadRules } from "../approval/rules-file.ts";
import type { RuleStore } from "../thread/rule-store.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type Methods = "belay/rule/list" | "belay/rule/remove" | "belay/policy/check";
type Situation = Pick<ThreadSettings, "cwd" | "approvalPolicy" | "sandbox">;

export interface RuleDeps {
  readonly rules: RuleStore;
  readonly threads: ThreadStore;
  /** What holds where no thread is named. */
  defaults(): Situation;
  /** Null: commands under the policy are confined here. */
  sandboxUnavailable(policy: ThreadSettings["sandbox"]): Promise<string | null>;
}

export function ruleHandlers(deps: RuleDeps): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  const { rules, threads } = deps;
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
    async "belay/policy/check"({ command, threadId, cwd: asked }) {
      const thread = threadId ? threads.get(threadId) : null;
      const { cwd, approvalPolicy, sandbox } = thread?.record.settings ?? deps.defaults();
      const written = await rules.current();
      const workspace = asked ?? cwd;
      const judgement = await judgeCommand(command, {
        rules: [...written.rules, ...(thread?.approvals.rules ?? [])],
        unreadRules: unreadRules(written),
        ...{ workspace, cwd: workspace },
      });
      const need = requirement(
        { kind: "command", judgement, escalated: false },
        {
          ...{ cwd, sandbox, approvalPolicy: plainPolicy(approvalPolicy) },
          sandboxUnavailable: await deps.sandboxUnavailable(sandbox),
        },
      );
      return verdictOf(judgement, need);
    },
  };
}
