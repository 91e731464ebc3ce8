// The end of a turn: what it changed and what it cost, in one small line; before it, why it failed if it did.
import type { ErrorInfo, Turn } from "../../server/protocol/turn.ts";
import { Icon } from "../shell/icon.tsx";
import { usePanel, useSelected, useSelectedBy } from "../shell/panel-context.ts";
import { TurnFiles } from "../review/turn-changes.tsx";
import { shownThread } from "../state/state.ts";
import { isScripted } from "../composer/models.ts";
import { compact, count } from "../text/words.ts";

export function TurnEnd({ turn, prompt }: { turn: Turn; prompt: string }) {
  const isModels = useSelected(isScripted) && !isPersons(turn);
  const tokens = turn.tokenUsage;
  return (
    <>
      {turn.status === "failed" && <FailedTurn turn={turn} prompt={prompt} />}
      <div class="turn-end">
        {turn.status === "interrupted" && <span>Interrupted</span>}
        <TurnFiles turn={turn} />
        {(isModels || tokens) && (
          <span class="extras at-end">
            {tokens && (
              <span
                class="number"
                title={`${count(tokens.inputTokens, "token")} in (${tokens.cachedInputTokens.toLocaleString("en")} cached), ${tokens.outputTokens.toLocaleString("en")} out`}
              >
                {`${compact(tokens.totalTokens)} tokens`}
              </span>
            )}
            {isModels && <span>scripted model</span>}
          </span>
        )}
      </div>
    </>
  );
}

/** Nothing but commands that the person ran. */
function isPersons({ items }: Turn): boolean {
  return items.length > 0 && items.every((item) => item.type === "commandExecution" && item.source === "userShell");
}

function FailedTurn({ turn, prompt }: { turn: Turn; prompt: string }) {
  const { actions } = usePanel();
  // What can be done about it is offered once, where the thread ends.
  const isNewest = useSelectedBy(turn.id, ({ view }) => shownThread(view)?.turns.at(-1)?.id === turn.id);
  const again = waysOn(turn, prompt);
  const message = turn.error?.message ?? "The turn failed, and the server gave no reason.";
  return (
    <div class="error-block" role="group" aria-label="Error">
      <Icon name="error" class="error" />
      <div class="error-words">
        <p>{message}</p>
        {turn.error?.additionalDetails && <p class="error-details">{turn.error.additionalDetails}</p>}
        {isNewest && (
          <div class="error-actions">
            {isKeyRefused(turn.error?.codexErrorInfo) && (
              <button type="button" class="button primary" onClick={() => void actions.host("host/setApiKey", {})}>
                Set API key…
              </button>
            )}
            {again !== null && (
              <button type="button" class="button" onClick={() => void actions.send(again.prompt)}>
                {again.label}
              </button>
            )}
            <button type="button" class="button" onClick={() => void actions.host("host/showLog", {})}>
              Show log
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

/** What is done already is not asked for again; the thread has the prompt, and the pictures in it. */
function waysOn(turn: Turn, prompt: string): { label: string; prompt: string } | null {
  if (isPersons(turn)) return null;
  const hasWorked = turn.items.some(({ type }) => type !== "userMessage" && type !== "reasoning");
  return hasWorked || prompt === "" ? { label: "Continue", prompt: "Continue." } : { label: "Try again", prompt };
}

function isKeyRefused(info: ErrorInfo | null | undefined): boolean {
  if (info === "unauthorized") return true;
  const failed = typeof info === "object" ? info?.["httpConnectionFailed"] : null;
  return [401, 403].includes((failed as { httpStatusCode?: number } | null | undefined)?.httpStatusCode ?? 0);
}
