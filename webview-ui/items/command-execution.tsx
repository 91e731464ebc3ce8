// A command: its line, how it ended and how long it took; its output on demand. While it waits for a person, the
// approval stands here instead.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { Decision, statusWith } from "../approvals/decision.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { Elapsed } from "../shell/elapsed.tsx";
import { Icon, Ring } from "../shell/icon.tsx";
import { usePanel } from "../shell/panel-context.ts";
import type { Approval } from "../state/state.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { endOfOutput, lastLine, plainOutput } from "../text/terminal-output.ts";
import { count, duration } from "../text/words.ts";
import { CardPart, TextButton } from "./card.tsx";
import type { ItemRenderer, Place } from "./item-props.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

export const commandExecution: ItemRenderer<"commandExecution"> = ({ item, place }) => {
  const approval = useApproval(item.id);
  const line = visibleText(item.script ?? item.command);
  const status = commandStatus(item, statusWith(approval, item.status, place));
  return (
    <article class="item" aria-label={`${item.source === "userShell" ? "You ran" : "Command"}: ${line}, ${status}`}>
      {approval?.outcome.kind === "waiting" ? (
        <ApprovalCard approval={approval} cwd={place.cwd} />
      ) : (
        <CommandCard item={item} place={place} line={line} status={status} approval={approval} />
      )}
    </article>
  );
};

// It failed without an exit code: a signal ended it.
function commandStatus({ exitCode }: CommandItem, status: string): string {
  return status === "failed" && exitCode === null ? "stopped" : status;
}

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
            <CommandNumbers item={item} status={status} sinceMs={sinceMs} />
          </>
        }
        isOpen={isOpen}
        onToggle={() => setOpen(!isOpen)}
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
  if (status === "running") {
    return (
      <>
        <Elapsed sinceMs={sinceMs} />
        <Ring />
      </>
    );
  }
  const time = item.durationMs === null ? null : <span class="number time">{duration(item.durationMs)}</span>;
  if (status === "completed" && (item.exitCode ?? 0) === 0) {
    return (
      <>
        <Icon name="check" class="passed" />
        {time}
      </>
    );
  }
  const isWrong = status === "failed" || status === "stopped";
  return (
    <>
      <span class={`number ${isWrong ? "error" : ""}`}>
        {item.exitCode === null ? status : `exit ${item.exitCode}`}
      </span>
      {time}
    </>
  );
}

function Output({ output, status }: { output: string; status: string }) {
  const element = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  const { end, hidden } = endOfOutput(output);
  const text = plainOutput(end).replace(/\n+$/, "");
  // Opens at its end, where the outcome is, and stays there until the reader leaves it.
  useLayoutEffect(() => {
    const { current } = element;
    if (current && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [text]);
  if (text === "") return <div class="no-output">{noOutput(status)}</div>;
  return (
    <>
      {hidden.chars > 0 && <div class="no-output">{hiddenWords(hidden)}</div>}
      <pre
        ref={element}
        class="output"
        tabIndex={0}
        aria-label="Output"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 8;
        }}
      >
        {text}
      </pre>
    </>
  );
}

function hiddenWords({ lines, chars }: { lines: number; chars: number }): string {
  const what = lines > 0 ? count(lines, "line") : count(chars, "character");
  return lines === 1 ? "The first line is in the terminal only." : `The first ${what} are in the terminal only.`;
}

function noOutput(status: string): string {
  switch (status) {
    case "running":
      return "No output yet";
    case "declined":
      return "Not run";
    default:
      return "No output";
  }
}

function CommandFooter({ item, place }: { item: CommandItem; place: Place }) {
  const { actions } = usePanel();
  if (item.status === "declined") return null;
  const { threadId } = place;
  const text = plainOutput(item.aggregatedOutput ?? "");
  return (
    <div class="card-actions">
      <TextButton
        label="Open terminal"
        onClick={() => void actions.host("host/openTerminal", { threadId, itemId: item.id })}
      />
      {text !== "" && <TextButton label="Copy" onClick={() => void actions.host("host/copy", { text })} />}
    </div>
  );
}
