// A question that waits for a person, as the model has to know of it: what exactly would be done, and why. Pure.
import type { Turn } from "../protocol/turn.ts";
import type { ClientRequest } from "../tools/deps.ts";

export function openQuestion({ method, params }: ClientRequest, turns: readonly Turn[]): object {
  switch (method) {
    case "item/commandExecution/requestApproval": {
      const { command, script, cwd, reason } = params;
      return { may_run: { command: script ?? command, folder: cwd, reason } };
    }
    case "item/fileChange/requestApproval": {
      // The changes themselves stand in the item.
      const item = turns.flatMap(({ items }) => items).findLast(({ id }) => id === params.itemId);
      return { may_change: { files: item?.type === "fileChange" ? item.changes : [], reason: params.reason } };
    }
    case "item/tool/requestUserInput":
      return { asked: params.questions };
    case "item/tool/call":
      return { called: params.tool, arguments: params.arguments };
    default:
      return method satisfies never;
  }
}
