// What a tool is given, from what the thread gave: to look at what a call would do, and to do it.
import type * as z from "zod";
import { requirement } from "../approval/policy.ts";
import { DynamicToolCallResponse } from "../protocol/item.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import { ToolRequestUserInputResponse } from "../protocol/user-input.ts";
import type { ToolDeps } from "./deps.ts";
import { ids } from "./item-ends.ts";
import type { PrepareContext, RunContext, ToolItem } from "./tool.ts";

export function prepareContext(
  deps: ToolDeps,
  { id, startedAtMs }: Pick<ToolItem, "id" | "startedAtMs">,
): PrepareContext {
  return {
    itemId: id,
    cwd: deps.cwd,
    sandbox: deps.sandbox,
    startedAtMs: startedAtMs ?? deps.now(),
    files: deps.files,
    commands: deps.commands,
    hasTerminals: () => deps.hasTerminals(),
    forbids(targets) {
      const need = requirement(
        { kind: "fileChange", targets },
        {
          ...deps,
          approvalPolicy: plainPolicy(deps.approvalPolicy),
          sandboxUnavailable: null,
        },
      );
      return need.kind === "forbid" ? need.message : null;
    },
  };
}

export function runContext(deps: ToolDeps, itemId: string, start: RunContext["start"]): RunContext {
  return {
    signal: deps.signal,
    files: deps.files,
    start,
    announceTyping({ item, turnId }, stdin) {
      const params = { threadId: deps.threadId, turnId, itemId: item.id, processId: item.processId ?? "", stdin };
      deps.emit({ method: "item/commandExecution/terminalInteraction", params });
    },
    write: (plan, targets) => {
      const realPaths = new Map(targets.map(({ path, realPath }) => [path, realPath]));
      return deps.write(plan, { realPaths, signal: deps.signal }, itemId);
    },
    callTool: async (called) => {
      const params = { ...ids(deps), ...called };
      return fitting(DynamicToolCallResponse, await deps.askClient({ method: "item/tool/call", params }));
    },
    askUser: async (asked) => {
      const params = { ...ids(deps), ...asked };
      const answered = await deps.askClient({ method: "item/tool/requestUserInput", params });
      return fitting(ToolRequestUserInputResponse, answered);
    },
    now: () => deps.now(),
  };
}

/** Null for an answer that is none. */
function fitting<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> | null {
  const parsed = schema.safeParse(answer);
  return parsed.success ? parsed.data : null;
}
