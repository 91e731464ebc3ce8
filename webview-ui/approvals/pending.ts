// The answers the server waits for: one promise a question, settled by what becomes of it in the state.
import { effect } from "@preact/signals";
import type {
  CommandApprovalResponse,
  CommandExecutionRequestApprovalParams,
  FileChangeRequestApprovalParams,
} from "../../server/protocol/approval.ts";
import type { ToolRequestUserInputParams, ToolRequestUserInputResponse } from "../../server/protocol/user-input.ts";
import { requestCancelled, unknownMethod } from "../../server/protocol/rpc/errors.ts";
import type { RequestId } from "../../server/protocol/rpc/messages.ts";
import type { ApprovalRequest } from "../state/state.ts";
import type { Store } from "../state/store.ts";

/** Answers a request of the server. Rejects when the question is taken back or void before anyone decided. */
export type AskPerson = (
  method: string,
  params: unknown,
  call: { id: RequestId; signal: AbortSignal },
) => Promise<Answer>;

type Answer = CommandApprovalResponse | ToolRequestUserInputResponse;

export function createAskPerson(store: Store): AskPerson {
  let asked = 0;
  return (method, params, { id, signal }) => {
    const request = toApproval(method, params);
    // Sent again, for example because the view said it was ready twice: still the one question.
    const same = store.state.peek().approvals.find((other) => other.id === id && other.outcome.kind === "waiting");
    const key = same?.key ?? `approval-${++asked}`;
    signal.addEventListener("abort", () => store.dispatch({ type: "approvalWithdrawn", key }), { once: true });
    if (!same) store.dispatch({ type: "approvalAsked", key, id, request });
    return settled(store, key, method);
  };
}

function settled(store: Store, key: string, method: string): Promise<Answer> {
  const outcome = store.select(({ approvals }) => approvals.find((approval) => approval.key === key)?.outcome);
  return new Promise((resolve, reject) => {
    const stop = effect(() => {
      const now = outcome.value;
      if (now?.kind === "waiting") return;
      if (now?.kind === "answered") resolve({ decision: now.decision });
      else if (now?.kind === "replied") resolve(now.reply);
      else reject(requestCancelled(method));
      queueMicrotask(() => stop());
    });
  });
}

function toApproval(method: string, params: unknown): ApprovalRequest {
  switch (method) {
    case "item/commandExecution/requestApproval":
      return { kind: "command", params: params as CommandExecutionRequestApprovalParams };
    case "item/fileChange/requestApproval":
      return { kind: "files", params: params as FileChangeRequestApprovalParams };
    case "item/tool/requestUserInput":
      return { kind: "questions", params: params as ToolRequestUserInputParams };
    default:
      throw unknownMethod(method, [
        "item/commandExecution/requestApproval",
        "item/fileChange/requestApproval",
        "item/tool/requestUserInput",
      ]);
  }
}
