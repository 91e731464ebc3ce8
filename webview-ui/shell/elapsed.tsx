// Seconds since a moment, counted while the thing runs. Hidden from screen readers: it would be read every second.
import { useEffect, useState } from "preact/hooks";
import { wholeSeconds } from "../text/words.ts";

/** Nothing in the first seconds: most things are over by then. */
const SHOWN_AFTER_MS = 2000;

export function Elapsed({ sinceMs }: { sinceMs: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const elapsed = now - sinceMs;
  if (elapsed < SHOWN_AFTER_MS) return null;
  return (
    <span class="number" aria-hidden="true">
      {wholeSeconds(elapsed)}
    </span>
  );
}
