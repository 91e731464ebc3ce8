// At the end of a turn: what it changed in files, its commands included, what became of that, and the ways back.
import type { TurnChanges } from "../../server/protocol/review.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import { usePanel, useSelectedBy } from "../shell/panel-context.ts";
import { shownThread } from "../state/state.ts";
import { lineCounts } from "../text/diff-lines.ts";
import { count } from "../text/words.ts";
import { BusyButton } from "./busy-button.tsx";

export function TurnFiles({ turn }: { turn: Turn }) {
  const changes = useSelectedBy(turn.id, ({ view }) => shownThread(view)?.changes.get(turn.id) ?? null);
  const { files, added, removed } = changes === null ? fromItems(turn) : { ...changes, files: changes.paths.length };
  return (
    <>
      {files > 0 && <span>{count(files, "file")}</span>}
      {added > 0 && <span class="number added">{`+${added}`}</span>}
      {removed > 0 && <span class="number removed">{`−${removed}`}</span>}
      {changes !== null && <Ways changes={changes} />}
    </>
  );
}

function Ways({ changes }: { changes: TurnChanges }) {
  const { actions } = usePanel();
  const { turnId, state, paths, notCaptured } = changes;
  const pending = useSelectedBy(turnId, ({ review }) =>
    review.some(({ turns }) => turns.some((turn) => turn.turnId === turnId)),
  );
  const isUndoable = paths.some((path) => notCaptured.every((file) => file.path !== path));
  // What is none of the files is a folder in which commands were not watched: nobody knows which files those changed.
  const lost = notCaptured.filter(({ path }) => paths.includes(path));
  const unwatched = notCaptured.filter(({ path }) => !paths.includes(path));
  const only = paths.length === 1 ? (paths[0] ?? null) : null;
  return (
    <>
      {state === "undone" && <span>Undone</span>}
      {state === "partlyUndone" && <span>Partly undone</span>}
      {lost.length > 0 && (
        <span class="warning" title={reasons(lost)}>
          {lost.length === paths.length ? "cannot be undone" : `${count(lost.length, "file")} cannot be undone`}
        </span>
      )}
      {unwatched.length > 0 && (
        <span class="warning" title={reasons(unwatched)}>
          commands not watched
        </span>
      )}
      {pending && (
        <BusyButton label="Review" onClick={() => actions.host("host/review", { verb: "show", path: only })} />
      )}
      {state !== "undone" && isUndoable && <BusyButton label="Undo turn" onClick={() => actions.undoTurn(turnId)} />}
      {state !== "applied" && <BusyButton label="Redo" onClick={() => actions.redoTurn(turnId)} />}
    </>
  );
}

function reasons(places: TurnChanges["notCaptured"]): string {
  return places.map(({ path, reason }) => `${path}: ${reason}`).join("\n");
}

/** While nobody else knows: what its own edits say. */
function fromItems({ items }: Turn): { files: number; added: number; removed: number } {
  const changes = items.flatMap((item) =>
    item.type === "fileChange" && item.status === "completed" && !item.isProposed ? item.changes : [],
  );
  return { files: new Set(changes.map(({ path }) => path)).size, ...lineCounts(changes) };
}
