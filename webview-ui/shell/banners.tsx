// What stands between the thread and the composer: the state of the window and the server, and lines that can be
// dismissed. None of them touches the draft.
import type { ComponentChildren } from "preact";
import { Icon, IconButton, Ring } from "./icon.tsx";
import { usePanel, useSelected } from "./panel-context.ts";
import { threadTitle } from "../history/thread-row.tsx";
import { notSavedWords } from "../../server/protocol/thread-saving.ts";
import { givenUpWords, goneFolderWords, heldWords } from "../text/words.ts";
import { type ApprovalRequest, type PanelState, shownThread, shownThreadId } from "../state/state.ts";

const pickTrouble = ({ unsaved, view }: PanelState) => unsaved.get(shownThreadId(view) ?? "") ?? null;
const pickHeld = ({ view }: PanelState) => shownThread(view)?.held ?? null;
const pickNotices = ({ notices }: PanelState) => notices;
const pickShownId = ({ view }: PanelState) => shownThreadId(view);
const pickHost = ({ host }: PanelState) => host;
// Its banner says what became of the questions, too: once is enough.
const pickIsDown = ({ host }: PanelState) =>
  host?.workspace?.trusted === true && (host.server.kind === "failed" || host.server.kind === "starting");
const pickLeft = ({ notices }: PanelState) =>
  notices.some(({ text }) => text === givenUpWords) ? " What waited for your answer was not done." : "";
// Where it could go on instead.
const pickIsMissing = ({ missingFolder, host }: PanelState) =>
  missingFolder !== null && host?.workspace != null && host.workspace.cwd !== missingFolder;
// What the banner of the server says already is not said twice. Where a folder is gone there is a way on to name.
const pickSendError = ({ sendError, missingFolder, host }: PanelState) => {
  if (host?.server.kind === "failed" && host.server.reason === sendError) return null;
  return sendError === null || missingFolder === null ? sendError : goneFolderWords(missingFolder, host?.workspace);
};
const waitingElsewhere = ({ approvals, view }: PanelState) =>
  approvals.filter(
    ({ outcome, request }) => outcome.kind === "waiting" && request.params.threadId !== shownThreadId(view),
  );
// The one that has waited longest.
const pickOther = (state: PanelState) => waitingElsewhere(state)[0] ?? null;
const pickOtherCount = (state: PanelState) =>
  new Set(waitingElsewhere(state).map(({ request }) => request.params.threadId)).size;
const pickOtherTitle = (state: PanelState) => {
  const threadId = pickOther(state)?.request.params.threadId;
  const thread = state.threads?.find(({ id }) => id === threadId);
  return thread === undefined ? null : threadTitle(thread);
};

/** The newest lines; more would push the thread out of sight. */
const SHOWN_NOTICES = 3;

export function Banners() {
  const { actions, focusComposer } = usePanel();
  const isDown = useSelected(pickIsDown);
  const shownId = useSelected(pickShownId);
  const notices = useSelected(pickNotices)
    .filter(({ threadId }) => threadId === null || threadId === shownId)
    .filter(({ text }) => !isDown || text !== givenUpWords);
  const sendError = useSelected(pickSendError);
  const isMissing = useSelected(pickIsMissing);
  const other = useSelected(pickOther);
  const otherCount = useSelected(pickOtherCount);
  const otherTitle = useSelected(pickOtherTitle);
  return (
    <div class="banners">
      {other !== null && (
        <Banner icon="warning" tone="warning" text={waitsElsewhere(other.request, otherTitle, otherCount)}>
          <BannerButton label="Show" onClick={() => void actions.openThread(other.request.params.threadId)} />
        </Banner>
      )}
      {notices.slice(-SHOWN_NOTICES).map((notice) => (
        <Banner
          key={notice.key}
          icon={notice.kind === "info" ? "info" : "warning"}
          tone="quiet"
          text={notice.text}
          onDismiss={() => {
            actions.dismissNotice(notice.key);
            focusComposer();
          }}
        />
      ))}
      <SavingBanner />
      <HeldBanner />
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

function waitsElsewhere({ kind }: ApprovalRequest, title: string | null, threads: number): string {
  const what = kind === "questions" ? "answer" : "approval";
  if (threads > 1) return `${threads} other threads wait for you.`;
  return `${title === null ? "Another thread" : `The thread “${title}”`} waits for your ${what}.`;
}

// Stays until the thread is saved again.
function SavingBanner() {
  const trouble = useSelected(pickTrouble);
  if (trouble === null) return null;
  const tone = trouble.kind === "waiting" ? "warning" : "error";
  return <Banner icon={tone} tone={tone} text={notSavedWords(trouble)} role="alert" />;
}

function HeldBanner() {
  const { actions, store } = usePanel();
  const held = useSelected(pickHeld);
  if (held === null) return null;
  const withThread = (act: (threadId: string) => Promise<void>) => () => {
    const threadId = shownThreadId(store.state.peek().view);
    if (threadId !== null) void act(threadId);
  };
  return (
    <Banner icon="lock" tone="warning" text={heldWords(held)}>
      {held.isRead ? (
        <BannerButton label="Refresh" isPrimary onClick={withThread(actions.openThread)} />
      ) : (
        <BannerButton label="Read only" isPrimary onClick={withThread(actions.readHeld)} />
      )}
      <BannerButton label="Fork" onClick={withThread(actions.fork)} />
    </Banner>
  );
}

function HostBanner() {
  const { actions } = usePanel();
  const host = useSelected(pickHost);
  const left = useSelected(pickLeft);
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
      return server.silence === undefined ? null : <SilentServer silence={server.silence} />;
    case "stopped":
      return null;
    case "starting":
      return <Banner icon="ring" tone="quiet" text={startingWords(server.attempt, left)} />;
    case "failed":
      return (
        <Banner
          icon={server.retrying ? "ring" : "error"}
          tone={server.retrying ? "quiet" : "error"}
          text={(server.retrying ? `${server.reason} It is being restarted.` : server.reason) + left}
          {...(server.retrying ? {} : { role: "alert" as const })}
        >
          <RestartOrLog isPrimary={!server.retrying} />
        </Banner>
      );
    default:
      return server satisfies never;
  }
}

function startingWords(attempt: number, left: string): string {
  const words = attempt > 1 ? `Starting, attempt ${attempt}` : "Starting";
  return left === "" ? words : `${words}.${left}`;
}

function SilentServer({ silence }: { silence: "short" | "long" }) {
  const words = "Belay is not responding. What you type is kept";
  return silence === "short" ? (
    <Banner icon="warning" tone="quiet" text={`${words}, and what runs goes on when it answers again.`} />
  ) : (
    <Banner icon="warning" tone="warning" text={`${words}. A restart stops what runs; waiting may help, too.`}>
      <RestartOrLog isPrimary={false} />
    </Banner>
  );
}

function RestartOrLog({ isPrimary }: { isPrimary: boolean }) {
  const { actions } = usePanel();
  return (
    <>
      <BannerButton label="Restart" isPrimary={isPrimary} onClick={() => void actions.host("host/restartServer", {})} />
      <BannerButton label="Show log" onClick={() => void actions.host("host/showLog", {})} />
    </>
  );
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
