// How long a provider asks to be left alone: as its headers have it, or as its words do.

/** Null: it does not say. */
export function askedWaitMs(headers: Pick<Headers, "get"> | undefined, message: string): number | null {
  return (
    positive(Number.parseFloat(headers?.get("retry-after-ms") ?? "")) ??
    fromHeader(headers?.get("retry-after") ?? "", headers?.get("date") ?? "") ??
    fromWords(message)
  );
}

/** "40 s", "3 min", "2 h": rounded up. */
export function waitWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

/** Seconds, or a moment. A moment is measured by the provider's own clock: ours may be wrong, or set meanwhile. */
function fromHeader(value: string, sentAt: string): number | null {
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return positive(Number.parseFloat(value) * 1000);
  const at = Date.parse(value);
  const now = Date.parse(sentAt);
  return positive(at - (Number.isNaN(now) ? Date.now() : now));
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "Please try again in 6m0s", "in 1.3s", "in 20 seconds". */
function fromWords(message: string): number | null {
  const said =
    /\b(?:try again|retry)\s+(?:in|after)\s+((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)/i.exec(message.slice(0, 2000))?.[1] ?? "";
  const parts = [...said.matchAll(/(\d+(?:\.\d+)?)\s*(ms|mil[a-z]*|[dhms])/gi)].map(([, amount = "", unit = ""]) => {
    const name = unit.toLowerCase();
    return Number.parseFloat(amount) * (unitMs[name.startsWith("mil") ? "ms" : name] ?? Number.NaN);
  });
  return parts.length === 0 ? null : positive(parts.reduce((sum, part) => sum + part, 0));
}

/** More than a number can hold is a very long time, and not nothing. */
function positive(ms: number): number | null {
  return ms >= 0 ? Math.min(ms, Number.MAX_SAFE_INTEGER) : null;
}
