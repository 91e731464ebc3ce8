// Short names for the steps of a replay.
import type { ScriptName } from "../scripts.ts";
import type { Step } from "./replay.ts";

export function ask(method: string, params?: unknown, more: { as?: string; later?: boolean } = {}): Step {
  return { do: "ask", method, params, ...more };
}

export function hear(method: string, params?: unknown): Step {
  return { do: "hear", method, params };
}

export function reply(method: string, result: unknown): Step {
  return { do: "reply", method, answer: { result } };
}

export function refuse(method: string): Step {
  return { do: "reply", method, answer: { error: { code: -32603, message: "this client cannot show it" } } };
}

export const touch = (file: string): Step => ({ do: "touch", file });
export const line = (words: string): Step => ({ do: "line", line: words });
export const tell = (method: string, params?: unknown): Step => ({
  do: "tell",
  message: params === undefined ? { method } : { method, params },
});
export const end = (by: "input" | "signal" = "input"): Step => ({ do: "end", by });
export const start: Step = { do: "start" };

/** The handshake of a client that may use what is experimental, unless it says otherwise. */
export function shakeHands(capabilities: unknown = { experimentalApi: true, requestAttestation: false }): Step[] {
  const clientInfo = { name: "replay", title: "Replay", version: "1" };
  return [ask("initialize", { clientInfo, capabilities }), tell("initialized")];
}

type Policy = "untrusted" | "on-request" | "never";
type Sandbox = "read-only" | "workspace-write" | "danger-full-access";

export function thread(approvalPolicy: Policy, sandbox: Sandbox, more: Record<string, unknown> = {}): Step {
  return ask("thread/start", { cwd: "$ws", approvalPolicy, sandbox, ...more });
}

export function turn(
  script: ScriptName,
  { in: threadId = "$thread", as, ...more }: { in?: string; as?: string; [member: string]: unknown } = {},
): Step {
  return ask("turn/start", { threadId, input: text(script), ...more }, as === undefined ? {} : { as });
}

export function text(words: string): unknown[] {
  return [{ type: "text", text: words, text_elements: [] }];
}

export const ended = hear("turn/completed");
export const commandStarted = hear("item/started", { item: { type: "commandExecution" } });

const commandApproval = "item/commandExecution/requestApproval";
const fileApproval = "item/fileChange/requestApproval";

export const decideCommand = (decision: unknown): Step => reply(commandApproval, { decision });
export const decideFile = (decision: unknown): Step => reply(fileApproval, { decision });
/** Where one server asks and the other does not. */
export const acceptIfAsked: Step = { do: "replyToAll", method: commandApproval, result: { decision: "accept" } };
export const commandAsked = hear(commandApproval);
