// The list of tools. A new tool is its file and its line here.
import { applyPatch } from "./apply-patch.ts";
import { execCommand } from "./exec-command.ts";
import { listDir } from "./list-dir.ts";
import { readFile } from "./read-file.ts";
import { requestUserInput } from "./request-user-input.ts";
import { searchFiles } from "./search-files.ts";
import type { Tool } from "./tool.ts";
import { writeStdin } from "./write-stdin.ts";

export const tools: readonly Tool[] = [
  execCommand,
  writeStdin,
  applyPatch,
  readFile,
  searchFiles,
  listDir,
  requestUserInput,
];
