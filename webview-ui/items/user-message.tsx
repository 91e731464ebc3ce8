// A prompt inside a turn: what a person added while the turn ran. The first prompt of a turn heads it, see turn.tsx.
import { userText } from "../state/thread-reducer.ts";
import type { ItemRenderer } from "./item-props.ts";

export const userMessage: ItemRenderer<"userMessage"> = ({ item }) => (
  <article class="item added-prompt" aria-label="Prompt">
    {userText(item)}
  </article>
);
