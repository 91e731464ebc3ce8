// Codicons and the quiet ring. Decoration: the words beside them say the same.

export function Icon({ name, class: more = "" }: { name: string; class?: string }) {
  return <span class={`codicon codicon-${name} ${more}`} aria-hidden="true" />;
}

export function Ring() {
  return <span class="ring" aria-hidden="true" />;
}

export function IconButton(props: {
  icon: string;
  label: string;
  /** The tooltip, where it says more than the label. */
  title?: string;
  onClick: () => void;
  class?: string;
  isDisabled?: boolean;
  /** Of what it opens and closes. */
  isExpanded?: boolean;
  /** The id of what says more. */
  describedBy?: string;
}) {
  return (
    <button
      type="button"
      class={`icon-button ${props.class ?? ""}`}
      aria-label={props.label}
      title={props.title ?? props.label}
      aria-describedby={props.describedBy}
      disabled={props.isDisabled ?? false}
      {...(props.isExpanded === undefined
        ? {}
        : { "aria-haspopup": "menu" as const, "aria-expanded": props.isExpanded })}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** What is on or off, and says so. */
export function ToggleButton(props: { icon: string; label: string; isPressed: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      class={`icon-button ${props.isPressed ? "pressed" : ""}`}
      aria-label={props.label}
      aria-pressed={props.isPressed}
      title={props.label}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
