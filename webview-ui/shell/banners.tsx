// What stands between the thread and the composer: the state of the window and the server, and lines that can be
// dismissed. None of them touches the draft.
import type { ComponentChildren } from "preact";
import { Icon, IconButton, Ring } from "./icon.tsx";
import { usePanel, useSelected } from "./panel-context.ts";
import { type PanelState, shownThreadId } from "../state/state.ts";

const pickHost = ({ host }: PanelState) => host;
const pickNotices = ({ notices }: PanelState) => notices;
// What the banner of the server says already is not said twice.
const pickSendError = ({ sendError, host }: PanelState) =>
  host?.server.kind === "failed" && host.server.reason === sendError ? null : sendError;
// Where it could go on instead.
const pickIsMissing = ({ missingFolder, host }: PanelState) => missingFolder !== null && host?.workspace != null;
const pickOther = ({ approvals, view }: PanelState) =>
  approvals.find(
    ({ outcome, request }) => outcome.kind === "waiting" && request.params.threadId !== shownThreadId(view),
  ) ?? null;

/** The newest lines; more would push the thread out of sight. */
const SHOWN_NOTICES = 3;

export function Banners() {
  const { actions } = usePanel();
  const notices = useSelected(pickNotices);
  const sendError = useSelected(pickSendError);
  const isMissing = useSelected(pickIsMissing);
  const other = useSelected(pickOther);
  return (
    <div class="banners">
      {other !== null && (
        <Banner
          icon="warning"
          tone="warning"
          text={`Another thread waits for your ${other.request.kind === "questions" ? "answer" : "approval"}.`}
        >
          <BannerButton label="Show" onClick={() => void actions.openThread(other.request.params.threadId)} />
        </Banner>
      )}
      {notices.slice(-SHOWN_NOTICES).map((notice) => (
        <Banner
          key={notice.key}
          icon={notice.kind === "info" ? "info" : "warning"}
          tone="quiet"
          text={notice.text}
          onDismiss={() => actions.dismissNotice(notice.key)}
        />
      ))}
      <HostBanner />
      {sendError !== null && (
        <Banner icon="error" tone="error" text={sendError} role="alert">
          {isMissing && (
            <BannerButton label="Use this folder" isPrimary onClick={() => void actions.moveThreadHere()} />
          )}
        </Banner>
      )}
    </div>
  );
}

function HostBanner() {
  const { actions } = usePanel();
  const host = useSelected(pickHost);
  if (host === null) return null;
  const { server, workspace } = host;
  if (workspace === null) {
    return (
      <Banner icon="folder-opened" tone="quiet" text="Belay works in a folder, and none is open.">
        <BannerButton label="Open a folder…" isPrimary onClick={() => void actions.host("host/openFolder", {})} />
      </Banner>
    );
  }
  if (!workspace.trusted) {
    return (
      <Banner
        icon="workspace-untrusted"
        tone="quiet"
        text="This workspace is not trusted. Belay runs its code and follows its settings, so it starts once you trust it."
      >
        <BannerButton label="Manage trust" isPrimary onClick={() => void actions.host("host/manageTrust", {})} />
      </Banner>
    );
  }
  switch (server.kind) {
    case "running":
    case "stopped":
      return null;
    case "starting":
      return (
        <Banner
          icon="ring"
          tone="quiet"
          text={server.attempt > 1 ? `Starting, attempt ${server.attempt}` : "Starting"}
        />
      );
    case "failed":
      return (
        <Banner icon={server.retrying ? "ring" : "error"} tone="error" text={server.reason} role="alert">
          <BannerButton label="Restart" isPrimary onClick={() => void actions.host("host/restartServer", {})} />
          <BannerButton label="Show log" onClick={() => void actions.host("host/showLog", {})} />
        </Banner>
      );
    default:
      return server satisfies never;
  }
}

interface BannerProps {
  icon: string;
  tone: "quiet" | "warning" | "error";
  text: string;
  role?: "alert";
  onDismiss?: () => void;
  children?: ComponentChildren;
}

function Banner({ icon, tone, text, role, onDismiss, children }: BannerProps) {
  return (
    <div class={`banner ${tone}`} role={role}>
      <span class="row-icon">
        {icon === "ring" ? <Ring /> : <Icon name={icon} class={icon === "warning" || icon === "error" ? icon : ""} />}
      </span>
      <div class="banner-words">
        <span>{text}</span>
        {children && <span class="banner-buttons">{children}</span>}
      </div>
      {onDismiss && <IconButton icon="close" label="Dismiss" onClick={onDismiss} />}
    </div>
  );
}

function BannerButton({
  label,
  onClick,
  isPrimary = false,
}: {
  label: string;
  onClick: () => void;
  isPrimary?: boolean;
}) {
  return (
    <button type="button" class={`button ${isPrimary ? "primary" : ""}`} onClick={onClick}>
      {label}
    </button>
  );
}
