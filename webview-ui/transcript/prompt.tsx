// The prompt that heads a turn: the only filled block. It stays in sight while its turn is read.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { TextButton } from "../items/card.tsx";
import { Pictures } from "../items/pictures.tsx";
import type { PromptParts } from "../text/prompt-parts.ts";

interface PromptProps extends PromptParts {
  id: string;
  /** In its corner. */
  menu?: ComponentChildren;
}

export function Prompt({ id, text, pictures, alongside, menu }: PromptProps) {
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
        <Pictures urls={pictures} />
        {alongside.length > 0 && <div class="prompt-note">{`with ${alongside.join(" · ")}`}</div>}
        {menu}
      </div>
    </div>
  );
}
