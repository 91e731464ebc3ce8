// What the model is told of a command line of the user's own. Pure.
import { shellTag, withoutTag } from "../agent/context.ts";
import { forModel } from "../exec/output.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import { MAX_OUTPUT_TOKENS } from "../tools/output-bounds.ts";

/** Of the item, which has all that is kept but `truncatedBytes`: colours and progress are for the person alone. */
export function shellMessage(item: ThreadItemOf<"commandExecution">, truncatedBytes: number): HistoryItem {
  const output = forModel(item.aggregatedOutput ?? "", { maxTokens: MAX_OUTPUT_TOKENS, truncatedBytes });
  const end = item.exitCode === null ? "did not exit by itself" : `exit code ${item.exitCode}`;
  const body = `<command>\n${item.script}\n</command>\n<result>\n${end}\n${withoutTag(output, "result")}\n</result>`;
  return { type: "message", role: "user", text: `<${shellTag}>\n${withoutTag(body, shellTag)}\n</${shellTag}>` };
}
