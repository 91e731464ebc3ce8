// Reads, searches and other calls that need no card: quiet rows, and one row for several in a row.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { relativePath } from "../text/paths.ts";
import { statusWord } from "../text/words.ts";
import type { ItemRenderer, Place } from "./item-props.ts";
import { QuietRow } from "./quiet-row.tsx";
import type { ReadItem } from "./rows.ts";
import { foldedPhrase, toolPhrase } from "./tool-words.ts";

/** What the model was told can be long; the panel shows its beginning. */
const SHOWN_RESULT_CHARS = 20_000;

export const dynamicToolCall: ItemRenderer<"dynamicToolCall"> = ({ item, place }) => {
  const { verb, about } = toolPhrase(item, { isRunning: item.status === "inProgress" && !place.isCut });
  const shown = visibleText(relativePath(about, place.cwd));
  const status = statusWord(item.status, place);
  const result = resultText(item);
  return (
    <article class="item" aria-label={`Tool call: ${`${verb} ${shown}`.trim()}, ${status}`}>
      <QuietRow
        icon="circle-small"
        isRunning={status === "running"}
        text={
          <>
            {verb} <span class="row-about">{shown}</span>
          </>
        }
        aside={status === "completed" || status === "running" ? null : <span class="number error">{status}</span>}
      >
        {result === "" ? undefined : (
          <pre class="plain">
            <ExactText text={result} />
          </pre>
        )}
      </QuietRow>
    </article>
  );
};

/** Several reads in a row, folded. Each is there when the row is opened. */
export function Reads({ items, place }: { items: readonly ReadItem[]; place: Place }) {
  const [first] = items;
  if (first && items.length === 1) return dynamicToolCall({ item: first, place });
  const isRunning = !place.isCut && items.some(({ status }) => status === "inProgress");
  const failed = items.filter(({ status }) => status === "failed").length;
  const status = isRunning ? "running" : failed > 0 ? `${failed} failed` : "completed";
  const phrase = visibleText(foldedPhrase(items.map((item) => ({ ...item, arguments: shortened(item, place) }))));
  return (
    <article class="item" aria-label={`Tool calls: ${phrase}, ${status}`}>
      <QuietRow
        isRunning={isRunning}
        text={phrase}
        aside={failed > 0 && <span class="number error">{`${failed} failed`}</span>}
      >
        {items.map((item) => (
          <div key={item.id}>{dynamicToolCall({ item, place })}</div>
        ))}
      </QuietRow>
    </article>
  );
}

function shortened(item: ReadItem, { cwd }: Place): unknown {
  const { arguments: given } = item;
  if (typeof given !== "object" || given === null || !("path" in given) || typeof given.path !== "string") return given;
  return { ...given, path: relativePath(given.path, cwd) };
}

function resultText({ contentItems }: ThreadItemOf<"dynamicToolCall">): string {
  const text = (contentItems ?? [])
    .map((part) => (part.type === "inputText" ? part.text : "[picture or sound]"))
    .join("\n");
  return text.length > SHOWN_RESULT_CHARS ? `${text.slice(0, SHOWN_RESULT_CHARS)}\n…` : text;
}
