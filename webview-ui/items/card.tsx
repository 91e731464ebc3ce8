// The frame of a command and of a file change: one header line that opens its body in place.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "../shell/icon.tsx";

export interface CardPartProps {
  icon: string;
  /** What it is, in one line; gives way by an ellipsis. */
  name: ComponentChildren;
  title: string;
  /** Right of the name, dim: the newest of what it says. It gives way first. */
  live?: string;
  /** Right-aligned: states and numbers. */
  numbers: ComponentChildren;
  isOpen: boolean;
  onToggle: () => void;
  /** At the end of the header line, a control of its own. */
  action?: ComponentChildren;
  /** Below the header also while closed. */
  note?: ComponentChildren;
  children: ComponentChildren;
}

/** A card has one part; a change of several files has one a file. */
export function CardPart(props: CardPartProps) {
  const bodyId = useId();
  return (
    <div class="card-part">
      <div class="card-line">
        <button
          type="button"
          class="card-head"
          aria-expanded={props.isOpen}
          aria-controls={bodyId}
          title={props.title}
          onClick={props.onToggle}
        >
          <span class="row-icon">
            <Icon name={props.icon} class="at-rest" />
            <Icon name={props.isOpen ? "chevron-down" : "chevron-right"} class="at-hover" />
          </span>
          <span class="card-name">{props.name}</span>
          {/* Hidden from screen readers: the button would have a new name with every line. */}
          <span class="card-live" aria-hidden="true">
            {props.live}
          </span>
          {props.numbers}
        </button>
        {props.action}
      </div>
      {props.note}
      <div id={bodyId} class="card-body" hidden={!props.isOpen}>
        {props.isOpen && props.children}
      </div>
    </div>
  );
}

export function TextButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" class="text-button" onClick={onClick}>
      {label}
    </button>
  );
}
