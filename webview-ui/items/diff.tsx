// A diff in place: a sign in the gutter, the line, and nothing else. The editor's own diff is one click away.
import { useMemo, useState } from "preact/hooks";
import type { FileUpdateChange } from "../../server/protocol/item.ts";
import { type DiffLine, diffLines } from "../text/diff-lines.ts";
import { ExactText } from "../text/exact-text.tsx";
import { count } from "../text/words.ts";

/** More lines than this are drawn only when asked for. */
const SHOWN_LINES = 300;

const signs = { same: " ", added: "+", removed: "−" } as const;

/** `isAsked`: someone decides on it. */
export function Diff({ change, isAsked }: { change: FileUpdateChange; isAsked: boolean }) {
  const lines = useMemo(() => diffLines(change), [change]);
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, SHOWN_LINES);
  if (lines.length === 0) return <div class="no-output">No lines change</div>;
  return (
    <div class="diff" tabIndex={0} role="group" aria-label="Diff">
      <div class="diff-lines">
        {shown.map((line, index) => (
          <Line key={index} line={line} isAsked={isAsked} />
        ))}
        {shown.length < lines.length && (
          <button type="button" class="text-button diff-more" onClick={() => setWhole(true)}>
            {`Show ${count(lines.length - shown.length, "more line")}`}
          </button>
        )}
      </div>
    </div>
  );
}

/** As many as fit. */
const LIVE_LINES = 20;

/** The newest lines of a diff that is still being written, the last one at the foot. It cannot be scrolled. */
export function LiveDiff({ change }: { change: FileUpdateChange }) {
  const lines = useMemo(() => diffLines(change).slice(-LIVE_LINES), [change]);
  return (
    <div class="diff live" role="group" aria-label="Diff so far">
      <div class="diff-lines">
        {lines.map((line, index) => (
          <Line key={index} line={line} isAsked={false} />
        ))}
      </div>
    </div>
  );
}

function Line({ line, isAsked }: { line: DiffLine; isAsked: boolean }) {
  if (line.kind === "gap") return <div class="diff-gap" aria-hidden="true" />;
  return (
    <div class={`diff-line ${line.kind}`}>
      <span class="diff-sign">{signs[line.kind]}</span>
      <span class="diff-text">
        <ExactText text={line.text} gaps={isAsked} />
      </span>
    </div>
  );
}
