// A prompt inside a turn: what a person added while the turn ran. The first prompt of a turn heads it, see turn.tsx.
import { promptParts } from "../text/prompt-parts.ts";
import type { ItemRenderer } from "./item-props.ts";
import { Pictures } from "./pictures.tsx";

export const userMessage: ItemRenderer<"userMessage"> = ({ item }) => {
  const { text, pictures, alongside } = promptParts(item);
  return (
    <article class="item added-prompt" aria-label="Prompt">
      {text}
      <Pictures urls={pictures} />
      {alongside.length > 0 && <div class="prompt-note">{`with ${alongside.join(" · ")}`}</div>}
    </article>
  );
};
