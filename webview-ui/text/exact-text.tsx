// Text that someone decides on, or that a model wrote where plain text is expected: what cannot be seen is shown by
// its code, and nothing in it can reorder what stands around it.
import { textRuns } from "./hidden-characters.ts";

/** `gaps`: in front of a decision, where nothing may be pushed out of sight by spaces. */
export function ExactText({ text, gaps = false }: { text: string; gaps?: boolean }) {
  return (
    <>
      {textRuns(text, { gaps }).map((run, index) =>
        run.kind === "text" ? (
          run.text
        ) : (
          <span key={index} class="hidden-character" title={run.name}>
            {run.escape}
          </span>
        ),
      )}
    </>
  );
}
