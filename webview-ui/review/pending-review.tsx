// Above the composer, while something waits for review: how much it is, and what can be done about all of it.
import type { ReviewFile } from "../../server/protocol/review.ts";
import { Icon } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import type { PanelState } from "../state/state.ts";
import { count } from "../text/words.ts";
import { BusyButton } from "./busy-button.tsx";

const pickReview = ({ review }: PanelState) => review;

export function PendingReview() {
  const { actions } = usePanel();
  const files = useSelected(pickReview);
  if (files.length === 0) return null;
  // Threads of several folders may have changed the same file: it is listed for each of them.
  const paths = [...new Set(files.map(({ path }) => path))];
  return (
    <section class="pending-review" aria-label="Changes to review">
      <span class="row-icon">
        <Icon name="diff-multiple" />
      </span>
      <span class="extras" title={paths.join("\n")}>
        <span class="row-text">
          {count(paths.length, "file")}
          <span> to review</span>
        </span>
        <Lines files={files} />
      </span>
      <span class="review-buttons">
        <BusyButton label="Review" onClick={() => actions.host("host/review", { verb: "show", path: null })} />
        <BusyButton
          label="Keep all"
          title={
            files.some(({ state }) => state === "proposed") ? "Keeps all, and writes what is proposed" : "Keeps all"
          }
          onClick={() => actions.keep(null)}
        />
        {/* The editor asks first: it is a lot, and one click. */}
        <BusyButton label="Undo all" onClick={() => actions.host("host/review", { verb: "undo", path: null })} />
      </span>
    </section>
  );
}

function Lines({ files }: { files: readonly ReviewFile[] }) {
  const added = files.reduce((sum, file) => sum + file.added, 0);
  const removed = files.reduce((sum, file) => sum + file.removed, 0);
  return (
    <span class="review-lines">
      {added > 0 && <span class="number added">{`+${added}`}</span>}
      {removed > 0 && <span class="number removed">{`−${removed}`}</span>}
    </span>
  );
}
