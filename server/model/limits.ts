// How much a model can be told, as far as anybody has said, and from where on a thread is made shorter. Pure.
import type { CatalogModel } from "../config/catalog.ts";
import type { Config } from "../config/schema.ts";

export interface ContextLimits {
  /** In tokens: all that a request and its answer may have. */
  window: number;
  /** A request of more is not made before the thread was compacted. Never beyond the window. */
  compactAt: number;
}

/** Of a model that nobody says anything about. */
export const DEFAULT_WINDOW = 258_400;

/** What an answer needs at least, so that a request that just fits is not cut short. */
const ANSWER_TOKENS = 16_000;

/** The configuration wins over the catalog; both over what is usual. */
export function contextLimits(
  config: Pick<Config, "model_context_window" | "model_auto_compact_token_limit">,
  listed: Pick<CatalogModel, "context_window" | "auto_compact_token_limit"> | null,
): ContextLimits {
  const window = config.model_context_window ?? listed?.context_window ?? DEFAULT_WINDOW;
  const asked = config.model_auto_compact_token_limit ?? listed?.auto_compact_token_limit;
  return { window, compactAt: Math.min(asked ?? usualLimit(window), window) };
}

/** Nine tenths; of a small window less, but never less than half. */
function usualLimit(window: number): number {
  return Math.floor(Math.max(window / 2, Math.min(window * 0.9, window - ANSWER_TOKENS)));
}
