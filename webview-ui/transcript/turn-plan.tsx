// What the model is going to do in a turn, and where it is: a short list that is replaced in place.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { TurnPlanStep } from "../../server/protocol/turn.ts";
import { Icon } from "../shell/icon.tsx";
import { useSelectedBy } from "../shell/panel-context.ts";
import { shownThread } from "../state/state.ts";

export function TurnPlan({ turnId }: { turnId: string }) {
  const said = useSelectedBy(turnId, ({ view }) => shownThread(view)?.plans.get(turnId) ?? null);
  if (said === null || said.plan.length === 0) return null;
  return (
    <div class="item plan">
      {said.explanation && <p class="plan-explanation">{said.explanation}</p>}
      <Steps steps={said.plan} />
    </div>
  );
}

function Steps({ steps }: { steps: readonly TurnPlanStep[] }) {
  const list = useRef<HTMLOListElement>(null);
  // A long one scrolls in its own box, and shows where it is.
  useLayoutEffect(() => {
    const now = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (list.current && now) list.current.scrollTop = now.offsetTop - list.current.clientHeight / 2;
  }, [steps]);
  return (
    <ol ref={list} class="plan-steps" aria-label="Plan">
      {steps.map(({ step, status }, index) => (
        <li key={index} class={`plan-step ${status}`} aria-current={status === "inProgress" ? "step" : undefined}>
          <span class="row-icon">
            <Icon name={looks[status].icon} />
          </span>
          <span class="plan-words">
            {/* Every second piece stood between backticks. */}
            {step.split(/`([^`]+)`/).map((piece, at) => (at % 2 === 1 ? <code key={at}>{piece}</code> : piece))}
            <span class="for-screen-readers">{` (${looks[status].word})`}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

const looks: Record<TurnPlanStep["status"], { icon: string; word: string }> = {
  completed: { icon: "check", word: "done" },
  inProgress: { icon: "color-mode", word: "now" },
  pending: { icon: "circle-large", word: "open" },
};
