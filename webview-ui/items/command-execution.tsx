// A command: its line, how it ended and how long it took; its output on demand. While it waits for a person, the
// approval stands here instead.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { ApprovalOutcomeRow } from "../approvals/outcome-row.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { Elapsed } from "../shell/elapsed.tsx";
import { Icon, Ring } from "../shell/icon.tsx";
import { usePanel } from "../shell/panel-context.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { lastLine, MAX_SHOWN_CHARS, plainOutput } from "../text/terminal-output.ts";
import { count, duration, statusWord } from "../text/words.ts";
import { CardPart, TextButton } from "./card.tsx";
import type { ItemRenderer, Place } from "./item-props.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

export const commandExecution: ItemRenderer<"commandExecution"> = ({ item, place }) => {
  const approval = useApproval(item.id);
  const line = visibleText(item.script ?? item.command);
  const isWaiting = approval?.outcome.kind === "waiting";
  const status = isWaiting ? "waiting for approval" : statusWord(item.status, place);
  return (
    <article class="item" aria-label={`Command: ${line}, ${status}`}>
      {isWaiting ? (
        <ApprovalCard approval={approval} cwd={place.cwd} />
      ) : (
        <>
          {approval && <ApprovalOutcomeRow outcome={approval.outcome} />}
          <CommandCard item={item} place={place} line={line} status={status} wasAsked={approval !== null} />
        </>
      )}
    </article>
  );
};

interface CommandCardProps {
  item: CommandItem;
  place: Place;
  line: string;
  status: string;
  wasAsked: boolean;
}

function CommandCard({ item, place, line, status, wasAsked }: CommandCardProps) {
  // A command that waited for a person began when this card took the place of the question.
  const [shownAtMs] = useState(Date.now);
  const sinceMs = wasAsked ? shownAtMs : (item.startedAtMs ?? shownAtMs);
  const [isOpen, setOpen] = useState(false);
  const isRunning = status === "running";
  const output = item.aggregatedOutput ?? "";
  const live = isRunning && !isOpen ? visibleText(lastLine(output)) : "";
  return (
    <div class="card command">
      <CardPart
        icon="terminal"
        name={<code>{line}</code>}
        title={line}
        numbers={<CommandNumbers item={item} status={status} sinceMs={sinceMs} />}
        isOpen={isOpen}
        onToggle={() => setOpen(!isOpen)}
        peek={live === "" ? null : <div class="live-line">{live}</div>}
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
  // No exit code: a signal ended it, or it never ran.
  const word = item.exitCode === null ? (status === "failed" ? "stopped" : status) : `exit ${item.exitCode}`;
  return (
    <>
      <span class={`number ${status === "failed" ? "error" : ""}`}>{word}</span>
      {time}
    </>
  );
}

function Output({ output, status }: { output: string; status: string }) {
  const element = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  const hidden = Math.max(0, output.length - MAX_SHOWN_CHARS);
  const text = plainOutput(hidden > 0 ? output.slice(hidden) : output).replace(/\n+$/, "");
  useLayoutEffect(() => {
    const { current } = element;
    if (current && isAtEnd.current && status === "running") current.scrollTop = current.scrollHeight;
  }, [text, status]);
  if (text === "") return <div class="no-output">{noOutput(status)}</div>;
  return (
    <>
      {hidden > 0 && <div class="no-output">{`The first ${count(hidden, "character")} are in the terminal only.`}</div>}
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
