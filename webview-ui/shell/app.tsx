// The panel from top to bottom.
import { useRef } from "preact/hooks";
import { useApproveKey } from "../approvals/approve-key.ts";
import { Readiness } from "../approvals/readiness.ts";
import { BackgroundCommands } from "../composer/background-commands.tsx";
import { Composer } from "../composer/composer.tsx";
import { Queue } from "../composer/queue.tsx";
import { ThreadList } from "../history/thread-list.tsx";
import type { PanelState } from "../state/state.ts";
import { PendingReview } from "../review/pending-review.tsx";
import { Transcript } from "../transcript/transcript.tsx";
import { Banners } from "./banners.tsx";
import { Header } from "./header.tsx";
import { type Panel, PanelContext, usePanel, useSelected } from "./panel-context.ts";

/** `panel.focusComposer` works from here on. */
export function App({
  panel,
}: {
  panel: Omit<Panel, "focusComposer" | "readiness"> & { composer: { current: HTMLTextAreaElement | null } };
}) {
  const { composer, ...parts } = panel;
  const value = useRef<Panel>({
    ...parts,
    readiness: new Readiness(),
    focusComposer: () => composer.current?.focus(),
  }).current;
  return (
    <PanelContext.Provider value={value}>
      <Header />
      <Transcript />
      <Banners />
      <BackgroundCommands />
      <PendingReview />
      <Queue />
      <Composer box={composer} />
      <ThreadOverlay />
      <Announcer />
      <Keys />
    </PanelContext.Provider>
  );
}

function ThreadOverlay() {
  return usePanel().isThreadListOpen.value ? <ThreadList /> : null;
}

const pickAnnouncement = ({ announcement }: PanelState) => announcement;

// The key makes a new element of an equal sentence, so that it is spoken again.
function Announcer() {
  const { number, text } = useSelected(pickAnnouncement);
  return (
    <div class="for-screen-readers" role="status" aria-live="polite">
      <span key={number}>{text}</span>
    </div>
  );
}

function Keys() {
  useApproveKey();
  return null;
}
