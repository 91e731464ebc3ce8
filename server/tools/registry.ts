// The list of tools. A new tool is its file and its line here.
import type { Config } from "../config/schema.ts";
import { applyPatch } from "./apply-patch.ts";
import { execCommand } from "./exec-command.ts";
import { listDir } from "./list-dir.ts";
import { readFile } from "./read-file.ts";
import { requestUserInput } from "./request-user-input.ts";
import { searchFiles } from "./search-files.ts";
import type { Tool } from "./tool.ts";
import { updatePlan } from "./update-plan.ts";
import { writeStdin } from "./write-stdin.ts";

export const tools: readonly Tool[] = [
  execCommand,
  writeStdin,
  applyPatch,
  readFile,
  searchFiles,
  listDir,
  requestUserInput,
  updatePlan,
];

/** What the configuration leaves of ours, always in the same order, and behind them the client's. */
export function offeredTools(config: Pick<Config, "tools">, clientTools: readonly Tool[]): Tool[] {
  // A client may know the protocol from where this one is off, and bring its own.
  const isBrought = clientTools.some(({ name }) => name === updatePlan.name);
  const hasPlan = config.tools.update_plan.enabled && !isBrought;
  const own = hasPlan ? tools : tools.filter((tool) => tool !== updatePlan);
  return [...own, ...clientTools];
}
