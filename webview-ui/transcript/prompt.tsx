// The prompt that heads a turn: the only filled block. It stays in sight while its turn is read.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { TextButton } from "../items/card.tsx";

export function Prompt({ id, text, note }: { id: string; text: string; note?: string }) {
  const body = useRef<HTMLHeadingElement>(null);
  const [isLong, setLong] = useState(false);
  const [isWhole, setWhole] = useState(false);
  useLayoutEffect(() => {
    const { current } = body;
    if (current && !isWhole) setLong(current.scrollHeight > current.clientHeight + 2);
  }, [text, isWhole]);
  return (
    <div class={`prompt ${isWhole ? "whole" : ""}`}>
      <div class="prompt-box">
        <h2 id={id} ref={body} class="prompt-text">
          {text}
        </h2>
        {isLong && <TextButton label={isWhole ? "Show less" : "Show all"} onClick={() => setWhole(!isWhole)} />}
        {note && <div class="prompt-note">{note}</div>}
      </div>
    </div>
  );
}
