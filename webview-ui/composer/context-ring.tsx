// How full the model's context is: a ring, and behind it what fills it, and the way to make room.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { ContextReadResponse } from "../../server/protocol/turn.ts";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, runningTurn, shownThread } from "../state/state.ts";
import { compact } from "../text/words.ts";

const pickUsage = ({ view }: PanelState) => shownThread(view)?.tokenUsage ?? null;
const pickIsRunning = ({ view }: PanelState) => runningTurn(shownThread(view)) !== null;

export function ContextRing() {
  const usage = useSelected(pickUsage);
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const id = useId();
  if (!usage?.modelContextWindow) return null;
  const used = usage.last.totalTokens;
  const percent = Math.round(Math.min(1, used / usage.modelContextWindow) * 100);
  const words = `${percent} % of the context window: ${compact(used)} of ${compact(usage.modelContextWindow)} tokens`;
  const close = () => {
    setOpen(false);
    place.current?.querySelector("button")?.focus();
  };
  return (
    <span class="context" ref={place}>
      <button
        type="button"
        class={`icon-button context-ring ${percent >= 85 ? "full" : ""}`}
        aria-label={words}
        title={words}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <circle class="track" cx="8" cy="8" r="5.5" pathLength={100} />
          <circle class="value" cx="8" cy="8" r="5.5" pathLength={100} stroke-dasharray={`${percent} 100`} />
        </svg>
      </button>
      {isOpen && <ContextCard id={id} counted={used} window={usage.modelContextWindow} onClose={close} />}
    </span>
  );
}

/** `counted`: with each answer of the model there is something new to ask for. */
function ContextCard({
  id,
  counted,
  window,
  onClose,
}: {
  id: string;
  counted: number;
  window: number;
  onClose: () => void;
}) {
  const { actions } = usePanel();
  const isRunning = useSelected(pickIsRunning);
  const [context, setContext] = useState<ContextReadResponse | null>(null);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isGone = false;
    void actions.readContext().then((read) => isGone || setContext(read));
    return () => {
      isGone = true;
    };
  }, [counted]);
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (!(target instanceof Node) || !card.current?.parentElement?.contains(target)) onClose();
    };
    const escape = ({ key }: KeyboardEvent) => {
      if (key === "Escape") onClose();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("keydown", escape);
    };
  }, []);
  const used = context?.used ?? counted;
  return (
    <div ref={card} id={id} class="context-card" role="group" aria-label="Context">
      <p>{`${compact(used)} of ${compact(window)} tokens (${Math.round((used / window) * 100)} %)`}</p>
      {context !== null && <Parts context={context} />}
      <button
        type="button"
        class="text-button"
        disabled={isRunning}
        title={
          isRunning ? "Stop the turn first" : "The model sums the conversation up. Your messages stay word for word."
        }
        onClick={() => {
          onClose();
          void actions.compact();
        }}
      >
        Compact now
      </button>
    </div>
  );
}

function Parts({ context: { parts, cachedShare, compactAt } }: { context: ContextReadResponse }) {
  const rows: [string, string][] = [
    ["Instructions and tools", compact(parts.instructions)],
    ["Messages", compact(parts.messages)],
    ["Tool outputs", compact(parts.toolOutputs)],
    ...(cachedShare === null
      ? []
      : [["From the provider's cache", `${Math.round(cachedShare * 100)} %`] as [string, string]]),
    ["Compacted by itself at", compact(compactAt)],
  ];
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
