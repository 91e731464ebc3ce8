// A part that scrolls, with words below it while there is more: nothing that belongs to a question goes unnoticed.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** As little as this is empty room below the last line. */
const MARGIN_PX = 12;

type Overflow = "none" | "below" | "atEnd";

interface MoreBelowProps {
  id?: string;
  /** Makes it a group of this name that can have the focus, to be scrolled by keys where nothing in it can. */
  label?: string;
  /** Of the part that scrolls. */
  class: string;
  children: ComponentChildren;
}

export function MoreBelow({ id, label, class: frameClass, children }: MoreBelowProps) {
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [overflow, setOverflow] = useState<Overflow>("none");
  useLayoutEffect(() => {
    const [outer, inner] = [frame.current, content.current];
    if (!outer || !inner) return;
    const look = () => setOverflow(overflowOf(outer));
    const observer = new ResizeObserver(look);
    observer.observe(outer);
    observer.observe(inner);
    outer.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      outer.removeEventListener("scroll", look);
    };
  }, []);
  return (
    <>
      <div
        ref={frame}
        class={frameClass}
        {...(label === undefined ? {} : { role: "group", "aria-label": label, tabIndex: 0 })}
      >
        <div ref={content} id={id}>
          {children}
        </div>
      </div>
      {overflow !== "none" && (
        <button
          type="button"
          // Keeps its room, so that nothing moves at the end.
          class={`text-button exact-more ${overflow === "atEnd" ? "at-end" : ""}`}
          onClick={() => frame.current?.scrollBy({ top: frame.current.clientHeight * 0.8 })}
        >
          More below
        </button>
      )}
    </>
  );
}

function overflowOf({ scrollHeight, scrollTop, clientHeight }: Element): Overflow {
  if (scrollHeight - clientHeight <= MARGIN_PX) return "none";
  return scrollHeight - scrollTop - clientHeight > 4 ? "below" : "atEnd";
}
