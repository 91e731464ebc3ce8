// What a command wrote: its end, where the outcome is, in a box that scrolls.
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type Hidden, shownOutput } from "../text/terminal-output.ts";
import { count } from "../text/words.ts";

export function Output({ output, status }: { output: string; status: string }) {
  const element = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  const { text, hidden } = useMemo(() => shownOutput(output, { isLive: status === "running" }), [output, status]);
  // Opens at its end, where the outcome is, and stays there until the reader leaves it.
  useLayoutEffect(() => {
    const { current } = element;
    if (current && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [text]);
  if (text === "") return <div class="no-output">{noOutput(status)}</div>;
  return (
    <>
      {hidden.chars > 0 && <div class="no-output">{hiddenWords(hidden)}</div>}
      <pre
        ref={element}
        class="output"
        tabIndex={0}
        aria-label="Output"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 8;
        }}
      >
        {text}
      </pre>
    </>
  );
}

function hiddenWords({ lines, chars }: Hidden): string {
  const what = lines > 0 ? count(lines, "line") : count(chars, "character");
  return lines === 1 ? "The first line is in the terminal only." : `The first ${what} are in the terminal only.`;
}

function noOutput(status: string): string {
  switch (status) {
    case "running":
      return "No output yet";
    case "declined":
      return "Not run";
    default:
      return "No output";
  }
}
