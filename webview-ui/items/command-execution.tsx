// A command: its line, how it ended and how long it took; its output on demand. While it waits for a person, the
// approval stands here instead.
import { useState } from "preact/hooks";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { Decision, statusWith } from "../approvals/decision.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { Elapsed } from "../shell/elapsed.tsx";
import { Icon, Ring } from "../shell/icon.tsx";
import { usePanel, useSelectedBy } from "../shell/panel-context.ts";
import type { Approval } from "../state/state.ts";
import { outlives } from "../state/thread-reducer.ts";
import { commandLine, endingWords } from "../text/command-words.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { lastLine, plainOutput } from "../text/terminal-output.ts";
import { duration } from "../text/words.ts";
import { CardPart, TextButton } from "./card.tsx";
import type { ItemRenderer, Place } from "./item-props.ts";
import { Output } from "./output.tsx";
import { StopCommand } from "./stop-command.tsx";
import { Typing } from "./typing.tsx";

type CommandItem = ThreadItemOf<"commandExecution">;

export const commandExecution: ItemRenderer<"commandExecution"> = ({ item, place }) => {
  const approval = useApproval(item.id);
  const line = commandLine(item);
  const isCut = place.isCut && !outlives(item, { status: place.turnStatus });
  const status = endingWords(item)?.words ?? statusWith(approval, item.status, { isCut });
  return (
    <article class="item" aria-label={`${item.source === "userShell" ? "You ran" : "Command"}: ${line}, ${status}`}>
      {approval?.outcome.kind === "waiting" ? (
        <ApprovalCard approval={approval} base={place.base} />
      ) : (
        <CommandCard item={item} place={place} line={line} status={status} approval={approval} />
      )}
      <Typing item={item} place={place} />
    </article>
  );
};

interface CommandCardProps {
  item: CommandItem;
  place: Place;
  line: string;
  status: string;
  approval: Approval | null;
}

function CommandCard({ item, place, line, status, approval }: CommandCardProps) {
  // A command that waited for a person began when this card took the place of the question.
  const [shownAtMs] = useState(Date.now);
  const sinceMs = approval !== null ? shownAtMs : (item.startedAtMs ?? shownAtMs);
  const [isOpen, setOpen] = useState(false);
  const isRunning = status === "running";
  const output = item.aggregatedOutput ?? "";
  // It never ran, and that it was not answered says so.
  const isUnanswered = approval?.outcome.kind === "void" && status === "interrupted";
  const live = isRunning && !isOpen ? visibleText(lastLine(output)) : "";
  return (
    <div class="card command">
      <CardPart
        icon="terminal"
        name={
          <>
            {item.source === "userShell" && <span class="card-who">You ran: </span>}
            <code>{line}</code>
          </>
        }
        title={line}
        live={live}
        numbers={
          <>
            <Decision approval={approval} />
            {!isUnanswered && <CommandNumbers item={item} status={status} sinceMs={sinceMs} />}
          </>
        }
        isOpen={isOpen}
        onToggle={() => setOpen(!isOpen)}
        action={isRunning && <StopCommand item={item} threadId={place.threadId} />}
      >
        {(line.includes("\n") || line.length > 60) && (
          <pre class="script">
            <ExactText text={item.script ?? item.command} />
          </pre>
        )}
        <Output output={output} status={status} />
        <CommandFooter item={item} place={place} />
      </CardPart>
    </div>
  );
}

function CommandNumbers({ item, status, sinceMs }: { item: CommandItem; status: string; sinceMs: number }) {
  const isStopping = useSelectedBy(item.id, ({ stoppingItemIds }) => stoppingItemIds.includes(item.id));
  if (status === "running") {
    return isStopping ? (
      <span class="number">stopping…</span>
    ) : (
      <>
        <Elapsed sinceMs={sinceMs} />
        <Ring />
      </>
    );
  }
  const time = item.durationMs === null ? null : <span class="number time">{duration(item.durationMs)}</span>;
  const ending = endingWords(item);
  if (ending === null && status === "completed" && (item.exitCode ?? 0) === 0) {
    return (
      <>
        <Icon name="check" class="passed" />
        {time}
      </>
    );
  }
  // What a person stopped, or nobody knows the end of, did not go wrong.
  const isWrong = item.status === "failed" && item.ending !== "unknown" && item.ending !== "stopped";
  return (
    <>
      <span class={`number ${isWrong ? "error" : ""}`} title={ending?.title}>
        {ending === null && item.exitCode !== null ? `exit ${item.exitCode}` : status}
      </span>
      {time}
    </>
  );
}

function CommandFooter({ item, place }: { item: CommandItem; place: Place }) {
  const { actions } = usePanel();
  if (item.status === "declined") return null;
  const { threadId } = place;
  const output = item.aggregatedOutput ?? "";
  return (
    <div class="card-actions">
      <TextButton
        label="Open terminal"
        onClick={() => void actions.host("host/openTerminal", { threadId, itemId: item.id })}
      />
      {output !== "" && (
        <TextButton label="Copy" onClick={() => void actions.host("host/copy", { text: plainOutput(output) })} />
      )}
    </div>
  );
}
