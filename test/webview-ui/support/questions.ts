// Questions of the model, for tests and pictures: as the server asks them, and as the tool call that stands for them.
import type { ThreadItemOf } from "../../../server/protocol/item.ts";
import type { ToolRequestUserInputParams, ToolRequestUserInputResponse } from "../../../server/protocol/user-input.ts";
import { at, item } from "./fixtures.ts";

type Question = ToolRequestUserInputParams["questions"][number];

export const lockFile: Question = {
  id: "package_manager",
  header: "Package manager",
  question: "Which package manager should the project use from now on?",
  isOther: true,
  isSecret: false,
  options: [
    { label: "npm (Recommended)", description: "Keeps package-lock.json; nothing changes for your colleagues." },
    { label: "pnpm", description: "Faster installs. The lock file is replaced, and CI needs one more step." },
  ],
};

export const ownWords: Question = {
  id: "release_name",
  header: "Release",
  question: "What should the release be called?",
  isOther: false,
  isSecret: false,
  options: null,
};

export const strict: Question = {
  id: "drop_node",
  header: "Node 18",
  question: "May support for Node 18 be dropped?",
  isOther: false,
  isSecret: false,
  options: [
    { label: "Yes", description: "" },
    { label: "No", description: "Two scripts stay as they are." },
  ],
};

export function asking(
  questions: Question[],
  parts: Partial<ToolRequestUserInputParams> = {},
): ToolRequestUserInputParams {
  return { ...at, itemId: "ask-1", questions, isBlocking: true, autoResolutionMs: null, ...parts };
}

/** In progress without a reply. */
export function asked(
  questions: Question[],
  reply: ToolRequestUserInputResponse | null = null,
  parts: Partial<ThreadItemOf<"dynamicToolCall">> = {},
): ThreadItemOf<"dynamicToolCall"> {
  return item.read("", {
    id: "ask-1",
    tool: "request_user_input",
    arguments: { questions: questions.map(({ id, header, question, options }) => ({ id, header, question, options })) },
    status: reply === null ? "inProgress" : "completed",
    contentItems: reply === null ? null : [{ type: "inputText", text: JSON.stringify(reply) }],
    success: reply === null ? null : true,
    ...parts,
  });
}
