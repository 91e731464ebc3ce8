// In the card of a file change: whether a file waits for review, and what can be done about it.
import type { ReviewFile } from "../../server/protocol/review.ts";
import type { FileUpdateChange } from "../../server/protocol/item.ts";
import { usePanel, useSelectedBy } from "../shell/panel-context.ts";
import { splitPath } from "../text/paths.ts";
import { BusyButton } from "./busy-button.tsx";

/** What waits of this file, if this turn has a part in it; null: nothing. */
export function useReview(change: FileUpdateChange, turnId: string): ReviewFile | null {
  const path = change.kind.type === "update" ? (change.kind.move_path ?? change.path) : change.path;
  const places = [change.realMovePath ?? change.realPath ?? path, path];
  return useSelectedBy(`${turnId} ${path}`, ({ review }) => {
    const isOfTurn = ({ turns }: ReviewFile) => turns.some((turn) => turn.turnId === turnId);
    return review.find((file) => places.includes(file.path) && isOfTurn(file)) ?? null;
  });
}

/** For the header line. What was only proposed never looks as if it had been written from the start. */
export function ProposedBadge({ file, wasProposed }: { file: ReviewFile | null; wasProposed: boolean }) {
  if (file?.state === "proposed") {
    return (
      <span class="proposed" title="Nothing is written until you keep it">
        Proposed
      </span>
    );
  }
  if (!wasProposed) return null;
  return (
    <span class="card-who" title="It was written if you kept it, and dropped if you did not">
      was proposed
    </span>
  );
}

/** What to look out for before it is kept. */
export function ReviewWarning({ file }: { file: ReviewFile | null }) {
  return file === null || file.warning === null ? null : <p class="review-warning">{file.warning}</p>;
}

export function KeepOrUndo({ file }: { file: ReviewFile }) {
  const { actions } = usePanel();
  const { name } = splitPath(file.path);
  const [kept, undone] =
    file.state === "proposed"
      ? [`Writes what is proposed for ${name}`, `Drops what is proposed for ${name}`]
      : [
          `Keeps all that Belay changed in ${name}`,
          `Takes back all that Belay changed in ${name} and you have not kept`,
        ];
  return (
    <>
      <BusyButton label="Keep" name={`Keep ${name}`} title={kept} onClick={() => actions.keep(file.path)} />
      {file.cannotUndo === null ? (
        <BusyButton label="Undo" name={`Undo ${name}`} title={undone} onClick={() => actions.undo(file.path)} />
      ) : (
        <span class="card-who" title={file.cannotUndo}>
          cannot be undone
        </span>
      )}
    </>
  );
}
