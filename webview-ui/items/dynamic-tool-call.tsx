// Reads, searches and other calls that need no card: quiet rows, and one row for several in a row.
import type { ToolOutputPart } from "../../server/protocol/item.ts";
import { askedQuestions } from "../text/asked-questions.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { relativePath } from "../text/paths.ts";
import { isShowable } from "../text/prompt-parts.ts";
import { statusWord } from "../text/words.ts";
import { Asked } from "./asked-question.tsx";
import type { ItemRenderer, Place } from "./item-props.ts";
import { Pictures } from "./pictures.tsx";
import { QuietRow } from "./quiet-row.tsx";
import type { ReadItem } from "./rows.ts";
import { asksPerson, foldedPhrase, toolPhrase } from "./tool-words.ts";

/** What the model was told can be long; the panel shows its beginning. */
const SHOWN_RESULT_CHARS = 20_000;

export const dynamicToolCall: ItemRenderer<"dynamicToolCall"> = ({ item, place }) => {
  if (asksPerson(item) && askedQuestions(item, null).length > 0) return <Asked item={item} place={place} />;
  const { verb, about } = toolPhrase(item, { isRunning: item.status === "inProgress" && !place.isCut });
  const shown = visibleText(relativePath(about, place.base));
  const status = statusWord(item.status, place);
  const result = resultText(item);
  const pictures = picturesOf(item);
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
        {result === "" && pictures.length === 0 ? undefined : (
          <>
            {result !== "" && (
              <pre class="plain">
                <ExactText text={result} />
              </pre>
            )}
            <Pictures urls={pictures} />
          </>
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

function shortened(item: ReadItem, { base }: Place): unknown {
  const { arguments: given } = item;
  if (typeof given !== "object" || given === null || !("path" in given) || typeof given.path !== "string") return given;
  return { ...given, path: relativePath(given.path, base) };
}

function picturesOf({ contentItems }: ReadItem): string[] {
  return (contentItems ?? []).flatMap((part) =>
    part.type === "inputImage" && isShowable(part.imageUrl) ? [part.imageUrl] : [],
  );
}

// A picture that is shown needs no words.
function resultText({ contentItems }: ReadItem): string {
  const text = (contentItems ?? []).flatMap((part) => wordsFor(part) ?? []).join("\n");
  return text.length > SHOWN_RESULT_CHARS ? `${text.slice(0, SHOWN_RESULT_CHARS)}\n…` : text;
}

function wordsFor(part: ToolOutputPart): string | null {
  switch (part.type) {
    case "inputText":
      return part.text;
    case "inputImage":
      return isShowable(part.imageUrl) ? null : "[picture]";
    case "inputAudio":
      return "[sound]";
    default:
      return part satisfies never;
  }
}
