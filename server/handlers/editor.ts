// Requests that only an editor makes.
import { pathOf } from "../files/document-view.ts";
import { type CodeAction, type CodeActionParams, FIX_COMMAND } from "../protocol/editor.ts";

const KIND = "quickfix";
const MAX_PROBLEMS = 10;
const MAX_MESSAGE_CHARS = 2_000;

export const codeActionKinds: string[] = [KIND];

/** Offers to fix the problems at the cursor. Cheap: it asks nobody and changes nothing. */
export function codeActions({ textDocument, context }: CodeActionParams): CodeAction[] {
  const { diagnostics, only } = context;
  const isAskedFor = only === undefined || only.some((kind) => kind === KIND || kind === "");
  const path = pathOf(textDocument.uri);
  if (diagnostics.length === 0 || !isAskedFor || path === null) return [];
  const problems = diagnostics
    .slice(0, MAX_PROBLEMS)
    .map(({ range, message }) => `- ${path}:${range.start.line + 1}: ${message.slice(0, MAX_MESSAGE_CHARS)}`);
  const what = diagnostics.length === 1 ? "this problem" : "these problems";
  const prompt = `Fix ${what} at the cause, and nothing else:\n${problems.join("\n")}`;
  return [
    {
      title: "Fix with Belay",
      kind: KIND,
      diagnostics,
      command: { title: "Fix with Belay", command: FIX_COMMAND, arguments: [{ prompt }] },
    },
  ];
}
