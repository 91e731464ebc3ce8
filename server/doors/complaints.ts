// Tells the log of what a client does wrong, without letting it fill the log.
import type { Log } from "../thread/deps.ts";

/** Tells the first, the tenth, the hundredth... of what goes by one name, with how many there were. */
export function complaints(log: Log): (name: string, reason: string) => void {
  const counts = new Map<string, number>();
  return (name, reason) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (!/^10*$/.test(String(count))) return;
    log("warning", `${name}: ${reason}${count > 1 ? ` (and ${count - 1} before it)` : ""}`);
  };
}
