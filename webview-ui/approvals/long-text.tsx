// The exact command, however long: its beginning and its end, and in between how much is hidden and a way to see it.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ExactText } from "../text/exact-text.tsx";
import { count } from "../text/words.ts";
import { cutMiddle } from "./cut-middle.ts";
import { MoreBelow } from "./more-below.tsx";

export function LongText({ text, id }: { text: string; id: string }) {
  const [isWhole, setWhole] = useState(false);
  const parts = cutMiddle(text);
  const tail = useRef<HTMLPreElement>(null);
  // The end of it is in sight, whatever room it has.
  useLayoutEffect(() => {
    if (tail.current) tail.current.scrollTop = tail.current.scrollHeight;
  }, [text]);
  if (parts === null || isWhole) {
    return (
      <MoreBelow class="exact" id={id}>
        <ExactText text={text} gaps />
      </MoreBelow>
    );
  }
  return (
    <div class="exact-parts" id={id}>
      <MoreBelow class="exact">
        <ExactText text={parts.head} gaps />
      </MoreBelow>
      <button type="button" class="text-button exact-more" onClick={() => setWhole(true)}>
        {`${count(parts.hidden, "character")} hidden: show all`}
      </button>
      <pre ref={tail} class="exact">
        <ExactText text={parts.tail} gaps />
      </pre>
    </div>
  );
}
