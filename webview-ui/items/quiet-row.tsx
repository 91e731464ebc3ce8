// One dim line of 24 pixels for what need not be read. Opens in place where there is more to see.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon, Ring } from "../shell/icon.tsx";

export interface QuietRowProps {
  /** Left of the text of a row that does not open; a row that opens has a chevron there. */
  icon?: string;
  isRunning?: boolean;
  text: ComponentChildren;
  /** Right-aligned, small. */
  aside?: ComponentChildren;
  children?: ComponentChildren;
}

export function QuietRow({ icon = "circle-small", isRunning = false, text, aside, children }: QuietRowProps) {
  const [isOpen, setOpen] = useState(false);
  const line = (
    <>
      <span class="row-icon">{isRunning ? <Ring /> : <Icon name={children ? "chevron-right" : icon} />}</span>
      <span class="row-text">{text}</span>
      {aside}
    </>
  );
  if (!children) return <div class="quiet-row">{line}</div>;
  return (
    <>
      <button type="button" class="quiet-row" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {line}
      </button>
      {isOpen && <div class="quiet-body">{children}</div>}
    </>
  );
}
