// One calm line below the composer where commands are not confined as usual: what follows from it, why, and what helps.
import { useId, useState } from "preact/hooks";
import type { SandboxState } from "../../server/protocol/command.ts";
import { plainPolicy } from "../../server/protocol/plain-policy.ts";
import { Icon } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import type { PanelState } from "../state/state.ts";
import { currentMode, currentSettings } from "./models.ts";

const pickSandbox = ({ sandbox }: PanelState) => sandbox;

export function SandboxNote() {
  const sandbox = useSelected(pickSandbox);
  const consequence = useSelected(pickConsequence);
  if (sandbox === null || sandbox.kind === "works" || consequence === null) return null;
  if (sandbox.kind === "container") {
    return (
      <p class="sandbox-note" title="You said that the container is the sandbox of its commands">
        Confined by the container
      </p>
    );
  }
  return <SandboxOff sandbox={sandbox} consequence={consequence} />;
}

function SandboxOff({ sandbox, consequence }: { sandbox: SandboxState; consequence: string }) {
  const { actions } = usePanel();
  const [isOpen, setOpen] = useState(false);
  const detailsId = useId();
  return (
    <div class="sandbox-note">
      <button
        type="button"
        class="sandbox-line"
        aria-expanded={isOpen}
        aria-controls={detailsId}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="shield" />
        <span>{`Sandbox off: ${consequence}`}</span>
        <Icon name={isOpen ? "chevron-down" : "chevron-right"} />
      </button>
      <div id={detailsId} class="sandbox-details" hidden={!isOpen}>
        <p>{sandbox.reason ?? "There is no sandbox that works here."}</p>
        {sandbox.cure !== null && <p>{sandbox.cure}</p>}
        {sandbox.isContainer && (
          <button type="button" class="button" onClick={() => void actions.host("host/trustContainer", {})}>
            This container is my sandbox…
          </button>
        )}
      </div>
    </div>
  );
}

// Null where a person chose to have no sandbox: the mode says that.
function pickConsequence(state: PanelState): string | null {
  const mode = currentMode(state);
  const settings = currentSettings(state);
  if (mode === "fullAccess") return null;
  if (mode !== null || settings === null) return "commands ask";
  if (settings.sandbox.type === "dangerFullAccess" || settings.sandbox.type === "externalSandbox") return null;
  return plainPolicy(settings.approvalPolicy) === "never" ? "commands are refused" : "commands ask";
}
