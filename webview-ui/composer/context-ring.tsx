// How full the model's context is: a ring, and the numbers in its tooltip.
import { useSelected } from "../shell/panel-context.ts";
import { type PanelState, shownThread } from "../state/state.ts";
import { compact } from "../text/words.ts";

const pickUsage = ({ view }: PanelState) => shownThread(view)?.tokenUsage ?? null;

export function ContextRing() {
  const usage = useSelected(pickUsage);
  if (!usage?.modelContextWindow) return null;
  const used = usage.last.totalTokens;
  const share = Math.min(1, used / usage.modelContextWindow);
  const percent = Math.round(share * 100);
  const words = `${percent} % of the context window: ${compact(used)} of ${compact(usage.modelContextWindow)} tokens`;
  return (
    <span class={`context-ring ${percent >= 85 ? "full" : ""}`} role="img" aria-label={words} title={words}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle class="track" cx="8" cy="8" r="5.5" pathLength={100} />
        <circle class="value" cx="8" cy="8" r="5.5" pathLength={100} stroke-dasharray={`${percent} 100`} />
      </svg>
    </span>
  );
}
