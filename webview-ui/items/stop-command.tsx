// Stops one command and all it started. Once asked it says so, until the command has ended.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { usePanel, useSelectedBy } from "../shell/panel-context.ts";
import { commandName } from "../text/command-words.ts";

interface StopCommandProps {
  item: ThreadItemOf<"commandExecution">;
  threadId: string;
}

export function StopCommand({ item, threadId }: StopCommandProps) {
  const { actions } = usePanel();
  const button = useRef<HTMLButtonElement>(null);
  const isStopping = useSelectedBy(item.id, ({ stoppingItemIds }) => stoppingItemIds.includes(item.id));
  // It goes when the command ends; who stopped it by keyboard goes on at what is left of the row.
  useLayoutEffect(() => {
    const { current } = button;
    const head = current?.parentElement?.querySelector<HTMLElement>(".card-head");
    return () => {
      if (current === document.activeElement) head?.focus();
    };
  }, []);
  const label = `Stop command: ${commandName(item)}`;
  return (
    <button
      ref={button}
      type="button"
      class="icon-button stop-command"
      aria-label={label}
      title={isStopping ? "Stopping…" : label}
      // Not disabled: that would take the focus away.
      aria-disabled={isStopping}
      onClick={() => {
        if (!isStopping) void actions.stopCommand(threadId, item.id);
      }}
    >
      <span class="stop-square" aria-hidden="true" />
    </button>
  );
}
