// That the model is told something shorter from here on: one quiet row, with the summary it is told behind it.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, runningTurn, shownThread } from "../state/state.ts";
import { isOpen } from "../state/thread-reducer.ts";
import { compact } from "../text/words.ts";
import type { ItemRenderer } from "./item-props.ts";
import { QuietRow } from "./quiet-row.tsx";

type Item = ThreadItemOf<"contextCompaction">;

export const contextCompaction: ItemRenderer<"contextCompaction"> = ({ item, place }) => {
  const isRunning = place.isTurnRunning && isOpen(item);
  return (
    <article class="item" aria-label="Context compaction">
      <QuietRow icon="fold" isRunning={isRunning} text={isRunning ? "Compacting context…" : words(item)}>
        {item.summary || item.failure ? <Details item={item} threadId={place.threadId} /> : undefined}
      </QuietRow>
    </article>
  );
};

function words({ status, isUndone, summary, tokensBefore, tokensAfter }: Item): string {
  if (status === "failed") return "Context not compacted: nothing has changed";
  if (status === "interrupted" || status === "inProgress") return "Compacting context was stopped: nothing has changed";
  if (isUndone) return "Context compacted, and taken back";
  const numbers = tokensBefore && tokensAfter ? `: ${compact(tokensBefore)} → ${compact(tokensAfter)} tokens` : "";
  if (numbers !== "" && tokensBefore === tokensAfter) return "Nothing to compact yet";
  return `${summary === null ? "Long tool outputs shortened" : "Context compacted"}${numbers}`;
}

const pickIsRunning = ({ view }: PanelState) => runningTurn(shownThread(view)) !== null;
const pickNewest = ({ view }: PanelState) => newestThatHolds(shownThread(view)?.turns ?? []);

function Details({ item, threadId }: { item: Item; threadId: string }) {
  const newest = useSelected(pickNewest);
  if (item.failure) return <p class="compaction-note">{item.failure}</p>;
  return (
    <>
      <p class="compaction-note">
        {item.isUndone
          ? "This summary took the place of the conversation above. It does not any more."
          : "The model is told this in place of what it said and did above. Your own messages it still has."}
      </p>
      <Markdown text={item.summary ?? ""} isFinal />
      {newest === item.id && <Undo itemId={item.id} threadId={threadId} />}
    </>
  );
}

function Undo({ itemId, threadId }: { itemId: string; threadId: string }) {
  const { actions } = usePanel();
  const isTurnRunning = useSelected(pickIsRunning);
  const [isAsked, setAsked] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  // It goes once it has done its work; the focus stays with the row it was in.
  useLayoutEffect(() => {
    const { current } = button;
    return () => {
      if (current === document.activeElement) current?.closest("article")?.querySelector("button")?.focus();
    };
  }, []);
  const isDisabled = isTurnRunning || isAsked;
  const undo = async () => {
    if (isDisabled) return;
    setAsked(true);
    await actions.undoCompaction(threadId, itemId);
    setAsked(false);
  };
  return (
    <button
      ref={button}
      type="button"
      class="text-button compaction-undo"
      // Not `disabled`: the keyboard reaches it, and hears why it does nothing.
      aria-disabled={isDisabled}
      title={isTurnRunning ? "Stop the turn first" : "The model is told the whole conversation again"}
      onClick={() => void undo()}
    >
      Undo compaction
    </button>
  );
}

function newestThatHolds(turns: readonly { items: readonly { type: string; id: string }[] }[]): string | null {
  const items = turns.flatMap((turn) => turn.items as Item[]).filter(({ type }) => type === "contextCompaction");
  return items.findLast(({ status, summary, isUndone }) => status === "completed" && summary && !isUndone)?.id ?? null;
}
