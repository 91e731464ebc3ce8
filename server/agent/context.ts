// What the model is told besides the conversation. The first part is written once a thread and never changed, so that
// the provider's cache of the prefix keeps hitting; what changes later is appended as its own message.
import type { InstructionFile } from "../instructions/agents-md.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ApprovalPolicy, PlainApprovalPolicy } from "../protocol/approval.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { basePrompt } from "./prompt/base.ts";

export interface Surroundings {
  cwd: string;
  shell: string;
  platform: string;
  /** ISO date. */
  today: string;
  instructions: readonly InstructionFile[];
  /** Takes the place of our own first instructions; null: they stand. */
  baseInstructions: string | null;
}

export interface Permissions {
  approvalPolicy: ApprovalPolicy;
  /** What confines commands. */
  sandbox: SandboxPolicy;
  /** No sandbox of ours works here, and the user calls the container around us one. */
  containerIsSandbox: boolean;
  onlyProposes: boolean;
}

export function openingContext({
  cwd,
  shell,
  platform,
  today,
  instructions,
  baseInstructions,
}: Surroundings): HistoryItem[] {
  const about = `<environment>\nFolder: ${inTag(cwd)}\nShell: ${shell}\nPlatform: ${platform}\nDate: ${today}\n</environment>`;
  return [
    developerMessage(baseInstructions ?? basePrompt),
    developerMessage(about),
    ...(instructions.length === 0 ? [] : [instructionsMessage(instructions)]),
  ];
}

export function developerMessage(text: string): HistoryItem {
  return { type: "message", role: "developer", text };
}

/** Tells the folders that a thread works in, whenever they are not the ones it began with. The first is its `cwd`. */
export function foldersMessage(folders: readonly string[]): string {
  const names = folders.map((folder) => `- ${inTag(folder)}`).join("\n");
  const which = folders.length === 1 ? "in this folder" : "in these folders. Paths and commands start in the first";
  return `<folders>\nFrom now on you work ${which}.\n${names}\n</folders>`;
}

/** Of these, the files that the model has not been told of. Null: it knows all. */
export function newInstructions(
  instructions: readonly InstructionFile[],
  history: readonly HistoryItem[],
): HistoryItem | null {
  const told = history.flatMap((item) => (item.type === "message" && item.role === "user" ? [item.text] : []));
  const fresh = instructions.filter((file) => !told.some((text) => text.includes(beginOf(file))));
  return fresh.length === 0 ? null : instructionsMessage(fresh);
}

/** What stands in these was not typed by the user, although it is told in their name. */
export const instructionsTag = "instructions";
export const shellTag = "user_shell_command";

/** People type tags of these names, too: ours names its file. */
export const instructionsBegin = `<${instructionsTag} file="`;

/** In the user's name and not in ours: anyone who can write to the repository may have written them. */
function instructionsMessage(instructions: readonly InstructionFile[]): HistoryItem {
  const files = instructions.map(
    (file) => `${beginOf(file)}\n${withoutTag(file.text, instructionsTag)}\n</${instructionsTag}>`,
  );
  return { type: "message", role: "user", text: files.join("\n\n") };
}

function beginOf({ path }: InstructionFile): string {
  return `${instructionsBegin}${inTag(path)}">`;
}

/** So that a text of others cannot end the tag that it stands in, and go on as something else. */
export function withoutTag(text: string, tag: string): string {
  return text.replace(new RegExp(`<(?=\\s*/?\\s*${tag})`, "gi"), "&lt;");
}

/** A folder may be called anything, and its name must not end the tag that it stands in. */
function inTag(path: string): string {
  return path.replace(/[<>"\p{Cc}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same permissions always give the same text: it is appended only when it differs from the last one. */
export function permissionsMessage({ approvalPolicy, sandbox, containerIsSandbox, onlyProposes }: Permissions): string {
  const confinement = containerIsSandbox ? containerText(sandbox) : sandboxText(sandbox);
  const proposing = onlyProposes ? `\n${proposingText(sandbox)}` : "";
  return `<permissions>\n${confinement}${proposing}\n${approvalText[plainPolicy(approvalPolicy)]}\n</permissions>`;
}

/** Comes behind what confines commands. */
function proposingText(sandbox: SandboxPolicy): string {
  const patches =
    "The user wants every change proposed: apply_patch may be called, nobody is asked, and nothing of it is written until the user keeps it.";
  return sandbox.type === "readOnly"
    ? `${patches} Change files in no other way.`
    : `${patches} Commands could write all the same; change no files with them.`;
}

export const interruptedMessage =
  "<interrupted>The user stopped this turn on purpose. What it was running was ended, in the background too; tool calls without a result had none. Commands of earlier turns go on. Do not resume it unless asked.</interrupted>";

const approvalText: Record<PlainApprovalPolicy, string> = {
  untrusted:
    "Every change, and every command that does more than look, asks the user first. Just make the call; the question is asked for you. Plain lines such as `rg -n word src | head -20` are known to only look; expansions, redirections and scripts are not.",
  "on-request":
    'What the sandbox allows runs without a question. A command that needs the network asks the user when you pass sandbox_permissions "with_network", one that must do what the sandbox forbids when you pass "require_escalated", each with a justification; do so only when it is needed.',
  never: "The user is never asked. What the sandbox does not allow fails; do not request more.",
};

/** What a sandbox would hold, the model is asked to hold. */
function containerText(sandbox: SandboxPolicy): string {
  const place = "Commands run as they are, in a container that the user chose as the sandbox.";
  switch (sandbox.type) {
    case "readOnly":
      return `${place} It does not keep them from writing, and you may only read: what is not known to only read asks the user first.`;
    case "workspaceWrite":
      return `${place} Write only below the folder${moreFolders(sandbox)} and in /tmp, and not to .git or .vscode there. There is nothing to escalate to: require_escalated only asks the user.`;
    case "externalSandbox":
    case "dangerFullAccess":
      return sandboxText(sandbox);
    default:
      return sandbox satisfies never;
  }
}

function moreFolders({ writableRoots }: { writableRoots: readonly string[] }): string {
  return writableRoots.length > 0 ? ` and ${writableRoots.map(inTag).join(", ")}` : "";
}

function sandboxText(sandbox: SandboxPolicy): string {
  const network = (allowed: boolean) => (allowed ? "The network is reachable." : "The network is not reachable.");
  switch (sandbox.type) {
    case "readOnly":
      return `Commands run in a sandbox that cannot write files. ${network(sandbox.networkAccess)}`;
    case "workspaceWrite":
      return `Commands run in a sandbox that can write only below the folder${moreFolders(sandbox)} and in /tmp, and not to .git or .vscode there. ${network(sandbox.networkAccess)}`;
    case "externalSandbox":
      return `Commands run inside a sandbox set up around this program. ${network(sandbox.networkAccess === "enabled")}`;
    case "dangerFullAccess":
      return "Commands run without a sandbox, with everything the user can do. Be careful.";
    default:
      return sandbox satisfies never;
  }
}
