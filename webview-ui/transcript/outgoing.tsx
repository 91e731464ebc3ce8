// A prompt that the thread does not contain yet: on its way, held until the model can read it, or left unread.
import { TextButton } from "../items/card.tsx";
import { usePanel } from "../shell/panel-context.ts";
import type { Outgoing } from "../state/state.ts";
import { Prompt } from "./prompt.tsx";

/** Heads a turn that does not exist yet. */
export function NewTurn({ prompt }: { prompt: Outgoing }) {
  return (
    <section class="turn" aria-labelledby={`prompt-${prompt.clientId}`}>
      <Prompt id={`prompt-${prompt.clientId}`} text={prompt.text} pictures={[]} alongside={[]} />
    </section>
  );
}

/** Inside a turn that runs, or what is left of one that a server took with it. */
export function AddedPrompt({ prompt }: { prompt: Outgoing }) {
  const { actions } = usePanel();
  const { clientId, text } = prompt;
  return (
    <article class="item added-prompt pending" aria-label="Prompt">
      {text}
      <div class="prompt-note">
        {prompt.kind === "unread" ? (
          <>
            {"Belay was stopped before this was read. "}
            <TextButton label="Send again" onClick={() => void actions.sendAgain(clientId, text)} />
            {" · "}
            <TextButton label="Discard" onClick={() => actions.dropPrompt(clientId)} />
          </>
        ) : (
          "Read after the current step"
        )}
      </div>
    </article>
  );
}
