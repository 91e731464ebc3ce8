// The view follows the end only while the reader is there. A reader who scrolled up, or opened something, is left alone.
import { type Signal, useSignal } from "@preact/signals";
import { type RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** As near as this to the end counts as being there. */
const NEAR_PX = 24;

export interface FollowEnd {
  isFollowing: Signal<boolean>;
  jumpToEnd(): void;
  /** For who scrolls somewhere else by themselves. */
  leaveEnd(): void;
}

/** `content` grows inside `scroller`. Starts at the end, and again whenever `key` changes. */
export function useFollowEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  key: string | null,
): FollowEnd {
  const isFollowing = useSignal(true);
  useLayoutEffect(() => {
    const [frame, inside] = [scroller.current, content.current];
    if (!frame || !inside) return;
    let lastTop = frame.scrollTop;
    let isOpening = false;
    const isNear = () => frame.scrollHeight - frame.scrollTop - frame.clientHeight <= NEAR_PX;
    const toEnd = () => {
      frame.scrollTop = frame.scrollHeight;
      lastTop = frame.scrollTop;
    };
    const onScroll = () => {
      // Growth alone also leaves the end behind; only a move upwards is a reader's wish.
      if (isNear()) isFollowing.value = true;
      else if (frame.scrollTop < lastTop - 1) isFollowing.value = false;
      lastTop = frame.scrollTop;
    };
    const onClick = ({ target }: MouseEvent) => {
      if (target instanceof Element && target.closest("[aria-expanded], .text-button")) isOpening = true;
    };
    const onResize = () => {
      // Nothing to scroll: the end is in sight.
      if (frame.scrollHeight <= frame.clientHeight) isFollowing.value = true;
      else if (isOpening) isFollowing.value = isNear();
      else if (isFollowing.peek()) toEnd();
      isOpening = false;
    };
    isFollowing.value = true;
    toEnd();
    const observer = new ResizeObserver(onResize);
    observer.observe(inside);
    observer.observe(frame);
    frame.addEventListener("scroll", onScroll, { passive: true });
    inside.addEventListener("click", onClick, { capture: true });
    return () => {
      observer.disconnect();
      frame.removeEventListener("scroll", onScroll);
      inside.removeEventListener("click", onClick, { capture: true });
    };
  }, [scroller, content, key, isFollowing]);
  return {
    isFollowing,
    leaveEnd() {
      isFollowing.value = false;
    },
    jumpToEnd() {
      isFollowing.value = true;
      scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    },
  };
}
