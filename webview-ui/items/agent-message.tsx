// What the model says: plain text on the panel.
import { Markdown } from "../markdown/markdown.tsx";
import { isOpen } from "../state/thread-reducer.ts";
import type { ItemRenderer } from "./item-props.ts";

export const agentMessage: ItemRenderer<"agentMessage"> = ({ item, place }) => (
  <article class="item answer" aria-label="Answer">
    <Markdown text={item.text} isFinal={!place.isTurnRunning || !isOpen(item)} />
  </article>
);
