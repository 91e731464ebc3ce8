// Text that someone decides on, or that a model wrote where plain text is expected: what cannot be seen is shown by
// its code, and nothing in it can reorder what stands around it.
import { textRuns } from "./hidden-characters.ts";

export function ExactText({ text }: { text: string }) {
  return (
    <>
      {textRuns(text).map((run, index) =>
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
