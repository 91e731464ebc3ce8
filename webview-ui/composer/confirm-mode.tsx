// Asks before a mode with a risk holds, in the words of the modes table.
import { useEffect, useId, useRef } from "preact/hooks";
import type { Mode } from "../../server/protocol/mode.ts";
import { modes } from "../../server/protocol/modes.ts";
import { Icon } from "../shell/icon.tsx";
import { usePanel } from "../shell/panel-context.ts";

export function ConfirmMode({ mode, onClose }: { mode: Mode; onClose: () => unknown }) {
  const { actions } = usePanel();
  const dialog = useRef<HTMLDialogElement>(null);
  const [titleId, riskId] = [useId(), useId()];
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  const { label, risk } = modes[mode];
  return (
    <dialog
      ref={dialog}
      class="confirm"
      role="alertdialog"
      aria-labelledby={titleId}
      aria-describedby={riskId}
      onClose={onClose}
    >
      <h3 id={titleId} class="approval-title">
        <Icon name="warning" class="warning" />
        <span>{`Switch to ${label}?`}</span>
      </h3>
      <p id={riskId}>{risk}</p>
      <div class="approval-buttons">
        {/* The safe answer is the one that Enter gives. */}
        <button type="button" class="button primary" autofocus onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            actions.pickMode(mode);
            onClose();
          }}
        >
          {`Use ${label}`}
        </button>
      </div>
    </dialog>
  );
}
