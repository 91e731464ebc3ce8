// A quiet button whose work takes a moment: a second click while it lasts does nothing.
import { useEffect, useRef, useState } from "preact/hooks";

export function BusyButton({
  label,
  title,
  name,
  onClick,
}: {
  label: string;
  title?: string;
  /** For screen readers, where the label alone does not say of what. */
  name?: string;
  onClick: () => Promise<unknown>;
}) {
  const [isBusy, setBusy] = useState(false);
  const isThere = useRef(true);
  useEffect(
    () => () => {
      isThere.current = false;
    },
    [],
  );
  const run = async () => {
    if (isBusy) return;
    setBusy(true);
    await onClick();
    if (isThere.current) setBusy(false);
  };
  return (
    <button
      type="button"
      class="text-button"
      title={title}
      aria-label={name}
      // Not `disabled`: the focus stays where it is.
      aria-disabled={isBusy}
      onClick={() => void run()}
    >
      {label}
    </button>
  );
}
