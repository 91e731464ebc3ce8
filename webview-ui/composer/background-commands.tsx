// Above the composer: the commands that went on after their turn, and the ways to watch and stop them.
import { useId, useState } from "preact/hooks";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { StopCommand } from "../items/stop-command.tsx";
import { Elapsed } from "../shell/elapsed.tsx";
import { Icon, IconButton } from "../shell/icon.tsx";
import { memo } from "../shell/memo.ts";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, shownThread, type ShownThread, shownThreadId } from "../state/state.ts";
import { outlives } from "../state/thread-reducer.ts";
import { commandLine, commandName } from "../text/command-words.ts";
import { count } from "../text/words.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

const pickThreadId = ({ view }: PanelState) => shownThreadId(view);
const pickCommands = ({ view }: PanelState) => commandsOf(shownThread(view));

export function BackgroundCommands() {
  return <Strip threadId={useSelected(pickThreadId) ?? ""} items={useSelected(pickCommands)} />;
}

function commandsOf(thread: ShownThread | null): readonly CommandItem[] {
  return (thread?.turns ?? []).flatMap((turn) => turn.items.filter((item) => outlives(item, turn)));
}

// Told apart by its entries: the list is a new one with every change of the thread.
const Strip = memo(({ threadId, items }: { threadId: string; items: readonly CommandItem[] }) => {
  const [isOpen, setOpen] = useState(false);
  const listId = useId();
  if (items.length === 0) return null;
  return (
    <section class="background" aria-label="Background commands">
      <button
        type="button"
        class="quiet-row"
        aria-expanded={isOpen}
        aria-controls={listId}
        onClick={() => setOpen(!isOpen)}
      >
        <span class="row-icon">
          <Icon name="chevron-right" />
        </span>
        <span class="row-text">
          {`${count(items.length, "command")} ${items.length === 1 ? "runs" : "run"} in the background`}
        </span>
      </button>
      <div id={listId} class="background-list" hidden={!isOpen}>
        <ul>{isOpen && items.map((item) => <BackgroundRow key={item.id} item={item} threadId={threadId} />)}</ul>
        {isOpen && items.length > 1 && <StopAll items={items} threadId={threadId} />}
      </div>
    </section>
  );
});

function StopAll({ items, threadId }: { items: readonly CommandItem[]; threadId: string }) {
  const { actions } = usePanel();
  const stop = () => {
    for (const { id } of items) void actions.stopCommand(threadId, id);
  };
  return (
    <button type="button" class="text-button" title={`Stops these ${items.length} commands`} onClick={stop}>
      Stop all
    </button>
  );
}

function BackgroundRow({ item, threadId }: { item: CommandItem; threadId: string }) {
  const { actions } = usePanel();
  const [shownAtMs] = useState(Date.now);
  const name = commandName(item);
  return (
    <li class="background-row">
      <code class="row-text" title={commandLine(item)}>
        {name}
      </code>
      <Elapsed sinceMs={item.startedAtMs ?? shownAtMs} />
      <IconButton
        icon="terminal"
        label={`Open terminal: ${name}`}
        onClick={() => void actions.host("host/openTerminal", { threadId, itemId: item.id })}
      />
      <StopCommand item={item} threadId={threadId} />
    </li>
  );
}
