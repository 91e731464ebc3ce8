// An item of a type this panel does not know, from a newer server: named, never hidden.
import type { ItemRenderer } from "./item-props.ts";
import type { ThreadItem } from "../../server/protocol/item.ts";
import { ExactText } from "../text/exact-text.tsx";
import { QuietRow } from "./quiet-row.tsx";

export const fallback: ItemRenderer<ThreadItem["type"]> = ({ item }) => (
  <article class="item" aria-label={`Step: ${item.type}`}>
    <QuietRow text={`Step of a kind this version cannot show: ${item.type}`}>
      <pre class="plain">
        <ExactText text={JSON.stringify(item, null, 2)} />
      </pre>
    </QuietRow>
  </article>
);
