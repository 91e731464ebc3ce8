// What stands there before the first prompt: the name, three things to try, the recent threads.
import { useEffect } from "preact/hooks";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { providerWithoutKey } from "../composer/models.ts";
import { Icon } from "../shell/icon.tsx";
import type { PanelState } from "../state/state.ts";
import { ThreadRow } from "./thread-row.tsx";

/** They fit any workspace; each is a start, so it goes into the composer rather than off. */
const starters = [
  { icon: "compass", text: "Explain how this project is put together" },
  { icon: "beaker", text: "Run the tests and fix what fails" },
  { icon: "search", text: "Find the riskiest piece of code and improve it" },
];

const RECENT = 5;

const pickThreads = ({ threads }: PanelState) => threads;
const pickIsConfined = ({ sandbox }: PanelState) => sandbox?.kind !== "unavailable";
const pickHasWorkspace = ({ host }: PanelState) => host === null || host.workspace !== null;

export function Empty() {
  const { store, actions, focusComposer } = usePanel();
  const threads = useSelected(pickThreads);
  const hasWorkspace = useSelected(pickHasWorkspace);
  const isConfined = useSelected(pickIsConfined);
  const keyless = useSelected(providerWithoutKey);
  // A thread that was left a moment ago belongs into the list.
  useEffect(() => {
    if (store.state.peek().host?.server.kind === "running" && hasWorkspace) void actions.listThreads();
  }, [store, actions, hasWorkspace]);
  const approves = isConfined ? "You approve what leaves the sandbox." : "You approve what does not only look.";
  const recent = (threads ?? []).slice(0, RECENT);
  return (
    <div class="empty">
      <h2 class="empty-name">Belay</h2>
      <p class="empty-line">Reads, edits and runs your code. {approves}</p>
      {hasWorkspace && (keyless === null ? <Starters /> : <WayIn provider={keyless} />)}
      {recent.length > 0 && (
        <section aria-label="Recent threads" class="empty-list">
          <h3 class="list-title">Recent threads</h3>
          {recent.map((thread) => (
            <button
              key={thread.id}
              type="button"
              class="list-row"
              onClick={() => {
                void actions.openThread(thread.id);
                focusComposer();
              }}
            >
              <ThreadRow thread={thread} />
            </button>
          ))}
        </section>
      )}
    </div>
  );
}

function Starters() {
  const { drafts, focusComposer } = usePanel();
  return (
    <section aria-label="Things to try" class="empty-list">
      {starters.map(({ icon, text }) => (
        <button
          key={text}
          type="button"
          class="list-row"
          onClick={() => {
            drafts.text = text;
            focusComposer();
          }}
        >
          <span class="row-icon">
            <Icon name={icon} />
          </span>
          <span class="row-text wraps">{text}</span>
        </button>
      ))}
    </section>
  );
}

// Without a key nothing can be tried: first things first.
function WayIn({ provider }: { provider: string }) {
  const { actions } = usePanel();
  return (
    <section aria-label="Set up" class="way-in">
      <p>{`${provider} needs an API key before it can answer.`}</p>
      <button type="button" class="button primary" onClick={() => void actions.host("host/setApiKey", {})}>
        Set API key…
      </button>
      <p class="way-in-other">
        Another provider: name it in <code>config.toml</code> in <code>~/.belay</code>, as <code>model_provider</code>.
      </p>
    </section>
  );
}
