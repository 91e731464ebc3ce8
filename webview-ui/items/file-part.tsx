// One file of a change: its path, its numbers, its diff. The same in the finished change and in the question before it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { FileUpdateChange } from "../../server/protocol/item.ts";
import { Ring } from "../shell/icon.tsx";
import { KeepOrUndo, ProposedBadge, ReviewWarning, useReview } from "../review/file-review.tsx";
import { usePanel } from "../shell/panel-context.ts";
import { lineCounts } from "../text/diff-lines.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { changeName, movedFrom, type PathBase, realPlaces, relativePath, splitPath } from "../text/paths.ts";
import { changeVerb } from "../text/words.ts";
import { CardPart, TextButton } from "./card.tsx";
import { Diff, LiveDiff } from "./diff.tsx";

const icons = {
  created: "diff-added",
  changed: "diff-modified",
  deleted: "diff-removed",
  renamed: "diff-renamed",
} as const;
/** All other status words go without saying. */
const told = ["failed", "declined", "interrupted"];

interface FilePartProps {
  change: FileUpdateChange;
  base: PathBase;
  status: string;
  decision?: ComponentChildren;
  /** Until the person opens or closes it. */
  isInitiallyOpen: boolean;
  /** The model still writes it. */
  isWriting?: boolean;
  /** It was not written when it was made. */
  wasProposed?: boolean;
  /** Someone decides on it: everything is in sight, and the way to the editor's diff does not stand behind it. */
  isAsked?: boolean;
  where: { threadId: string; turnId: string; itemId: string };
}

export function FilePart({ change, base, status, decision, isAsked = false, where, ...props }: FilePartProps) {
  const { isInitiallyOpen, isWriting = false, wasProposed = false } = props;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const isOpen = chosen ?? isInitiallyOpen;
  const { actions } = usePanel();
  const { added, removed } = change.written ?? lineCounts([change]);
  const verb = changeVerb(change);
  const { threadId, turnId, itemId } = where;
  const review = useReview(change, turnId);
  const openDiff = (
    <TextButton
      label="Open diff"
      onClick={() => void actions.host("host/openDiff", { threadId, itemId, path: change.path })}
    />
  );
  return (
    <CardPart
      icon={icons[verb]}
      name={<ChangeName change={change} base={base} verb={verb} />}
      title={visibleText(changeName(change, base))}
      numbers={
        <>
          {decision}
          {!isAsked && <ProposedBadge file={review} wasProposed={wasProposed} />}
          {(status === "running" || status === "writing") && <Ring />}
          {status === "writing" && <span class="number">Writing…</span>}
          {told.includes(status) && <span class={`number ${status === "failed" ? "error" : ""}`}>{status}</span>}
          {added > 0 && <span class="number added">{`+${added}`}</span>}
          {removed > 0 && <span class="number removed">{`−${removed}`}</span>}
        </>
      }
      isOpen={isOpen}
      onToggle={() => setChosen(!isOpen)}
      action={isAsked && <span class="card-action">{openDiff}</span>}
      note={
        <>
          <RealPlaces change={change} base={base} />
          <ReviewWarning file={review} />
        </>
      }
    >
      {isWriting ? <LiveDiff change={change} /> : <Diff change={change} isAsked={isAsked} />}
      {/* What was only shown while it was written fits no file yet. */}
      {!isAsked && change.written === undefined && (
        <div class="card-actions">
          {openDiff}
          {review !== null && <KeepOrUndo file={review} />}
        </div>
      )}
    </CardPart>
  );
}

function ChangeName({ change, base, verb }: { change: FileUpdateChange; base: PathBase; verb: string }) {
  const from = movedFrom(change);
  const path = change.kind.type === "update" ? (change.kind.move_path ?? change.path) : change.path;
  return (
    <>
      <span class="path">
        {from !== null && <PathName path={visibleText(relativePath(from, base))} />}
        {from !== null && <span class="path-arrow">→</span>}
        <PathName path={visibleText(relativePath(path, base))} isNameOnly={from !== null && isSameFolder(from, path)} />
      </span>
      {verb !== "changed" && <span class="for-screen-readers">{` (${verb})`}</span>}
    </>
  );
}

// Links can make a path lead out of the folder it seems to be in.
function RealPlaces({ change, base }: { change: FileUpdateChange; base: PathBase }) {
  return (
    <>
      {realPlaces(change).map(({ path, realPath }) => (
        <div key={path} class="real-place">
          <ExactText text={`${relativePath(path, base)} → ${realPath}`} gaps />
        </div>
      ))}
    </>
  );
}

// The folder gives way before the name does.
function PathName({ path, isNameOnly = false }: { path: string; isNameOnly?: boolean }) {
  const { folder, name } = splitPath(path);
  return (
    <>
      {folder !== "" && !isNameOnly && <span class="path-folder">{folder}</span>}
      <span class="path-name">{name}</span>
    </>
  );
}

function isSameFolder(one: string, other: string): boolean {
  return splitPath(one).folder === splitPath(other).folder;
}
