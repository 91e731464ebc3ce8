// One file of a change: its path, its numbers, its diff. The same in the finished change and in the question before it.
import { useState } from "preact/hooks";
import type { FileUpdateChange } from "../../server/protocol/item.ts";
import { Ring } from "../shell/icon.tsx";
import { usePanel } from "../shell/panel-context.ts";
import { lineCounts } from "../text/diff-lines.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { relativePath, splitPath } from "../text/paths.ts";
import { CardPart, TextButton } from "./card.tsx";
import { Diff } from "./diff.tsx";

const icons = { add: "diff-added", update: "diff-modified", delete: "diff-removed" } as const;

interface FilePartProps {
  change: FileUpdateChange;
  cwd: string | null;
  /** A status word; only the unusual ones are shown. */
  status: string;
  isInitiallyOpen: boolean;
  where: { threadId: string; itemId: string };
}

export function FilePart({ change, cwd, status, isInitiallyOpen, where }: FilePartProps) {
  const [isOpen, setOpen] = useState(isInitiallyOpen);
  const { actions } = usePanel();
  const { added, removed } = lineCounts([change]);
  const path = visibleText(relativePath(change.path, cwd));
  return (
    <CardPart
      icon={icons[change.kind.type]}
      name={<PathName path={path} />}
      title={movedTo(change, cwd) ?? path}
      numbers={
        <>
          {status === "running" && <Ring />}
          {(status === "failed" || status === "declined" || status === "interrupted") && (
            <span class={`number ${status === "failed" ? "error" : ""}`}>{status}</span>
          )}
          {added > 0 && <span class="number added">{`+${added}`}</span>}
          {removed > 0 && <span class="number removed">{`−${removed}`}</span>}
        </>
      }
      isOpen={isOpen}
      onToggle={() => setOpen(!isOpen)}
    >
      {movedTo(change, cwd) && <div class="no-output">{movedTo(change, cwd)}</div>}
      <Diff change={change} />
      <div class="card-actions">
        <TextButton
          label="Open diff"
          onClick={() => void actions.host("host/openDiff", { ...where, path: change.path })}
        />
      </div>
    </CardPart>
  );
}

// The folder gives way before the name does.
function PathName({ path }: { path: string }) {
  const { folder, name } = splitPath(path);
  return (
    <span class="path">
      {folder !== "" && <span class="path-folder">{folder}</span>}
      <span class="path-name">{name}</span>
    </span>
  );
}

function movedTo({ kind, path }: FileUpdateChange, cwd: string | null): string | null {
  if (kind.type !== "update" || kind.move_path === null) return null;
  return visibleText(`${relativePath(path, cwd)} moves to ${relativePath(kind.move_path, cwd)}`);
}
