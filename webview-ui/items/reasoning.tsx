// What the model thought: its headline in one quiet row, the rest on demand.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { isOpen } from "../state/thread-reducer.ts";
import { wholeSeconds } from "../text/words.ts";
import type { ItemRenderer } from "./item-props.ts";
import { QuietRow } from "./quiet-row.tsx";

export const reasoning: ItemRenderer<"reasoning"> = ({ item, place }) => {
  const isRunning = place.isTurnRunning && isOpen(item);
  const parts = item.summary.some((part) => part.trim() !== "") ? item.summary : item.content;
  const text = parts.join("\n\n").trim();
  const headline = headlineOf(isRunning ? (parts.at(-1) ?? "") : text);
  const lead = isRunning ? "Thinking" : thoughtFor(item);
  return (
    <article class="item" aria-label="Reasoning">
      <QuietRow isRunning={isRunning} text={headline === "" ? lead : `${lead}: ${headline}`}>
        {text === "" ? undefined : <Markdown text={text} isFinal={!isRunning} />}
      </QuietRow>
    </article>
  );
};

function thoughtFor({ startedAtMs, completedAtMs }: ThreadItemOf<"reasoning">): string {
  return startedAtMs && completedAtMs ? `Thought for ${wholeSeconds(completedAtMs - startedAtMs)}` : "Thought";
}

// Summaries begin with a heading in bold; else the first sentence stands in for one.
function headlineOf(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  const bold = /^\*\*(.+?)\*\*/.exec(line)?.[1];
  const sentence = bold ?? /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
  return sentence
    .replaceAll(/[*_`#]+/g, "")
    .replace(/\.$/, "")
    .trim();
}
