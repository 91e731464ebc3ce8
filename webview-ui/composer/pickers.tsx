// Mode and model of the next prompt, as the platform's own lists: they work with every keyboard and screen reader.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Mode } from "../../server/protocol/mode.ts";
import { modes } from "../../server/protocol/modes.ts";
import type { Folder } from "../../server/protocol/panel.ts";
import { plainPolicy } from "../../server/protocol/plain-policy.ts";
import type { ThreadSettings } from "../../server/protocol/thread.ts";
import { Icon } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, shownThread } from "../state/state.ts";
import { currentEdits, currentFolder, currentMode, currentModel, currentSettings } from "./models.ts";

const modeNames = Object.keys(modes) as Mode[];
const pickLayer = ({ sandbox }: PanelState) => (sandbox?.kind === "works" ? sandbox.layer : null);
const pickModels = ({ models }: PanelState) => models;
const pickModelName = (state: PanelState) => currentModel(state)?.model ?? "";
const pickKnownModel = (state: PanelState) => currentModel(state)?.known ?? null;

/** A mode with a risk is not picked here but handed to `onRisky`, which asks first. */
export function ModePicker({ onRisky }: { onRisky: (mode: Mode) => void }) {
  const { actions } = usePanel();
  const mode = useSelected(currentMode);
  const settings = useSelected(currentSettings);
  const layer = useSelected(pickLayer);
  const edits = useSelected(currentEdits);
  const custom = settings ? describe(settings) : "";
  return (
    <>
      <Picker
        label="Mode"
        value={mode ?? "custom"}
        title={mode === null ? `${custom}. Sandbox: ${settings?.sandbox.type ?? "unknown"}.` : detailOf(mode, layer)}
        class={mode !== null && modes[mode].risk !== null ? "risky" : ""}
        onPick={(value) => {
          if (value === otherEdits[edits].value) return actions.pickEdits(otherEdits[edits].edits);
          const picked = modeNames.find((name) => name === value);
          if (picked === undefined || picked === mode) return;
          if (modes[picked].risk === null) actions.pickMode(picked);
          else onRisky(picked);
        }}
      >
        {mode === null && (
          <>
            {/* The closed list has room for one word; what it means stands in the open one. */}
            <option value="custom" disabled hidden>
              Custom
            </option>
            <option disabled>{custom}</option>
          </>
        )}
        {modeNames.map((name) => (
          <option key={name} value={name} title={modes[name].detail}>
            {modes[name].label}
          </option>
        ))}
        <hr />
        <option value={otherEdits[edits].value}>{otherEdits[edits].label}</option>
      </Picker>
      {edits === "propose" && (
        <span class="proposes" title={nothingWritten}>
          <Icon name="request-changes" />
          <span>propose only</span>
        </span>
      )}
    </>
  );
}

const nothingWritten = "Propose only: nothing is written until you keep it";
/** A switch in a list of modes: it names what it switches to. */
const otherEdits = {
  write: { value: "edits:propose", edits: "propose", label: nothingWritten },
  propose: { value: "edits:write", edits: "write", label: "Write edits at once, to be reviewed and undone" },
} as const;

function detailOf(mode: Mode, layer: string | null): string {
  const { detail, risk } = modes[mode];
  return layer === null || risk !== null ? detail : `${detail}. Sandbox: ${layer}.`;
}

function describe({ approvalPolicy }: ThreadSettings): string {
  switch (plainPolicy(approvalPolicy)) {
    case "untrusted":
      return "Custom: asks before every step";
    case "on-request":
      return "Custom: asks before leaving the sandbox";
    case "never":
      return "Custom: never asks";
  }
}

export function ModelPicker() {
  const { actions } = usePanel();
  const models = useSelected(pickModels);
  const model = useSelected(pickModelName);
  const known = useSelected(pickKnownModel);
  if (model === "") return null;
  return (
    <Picker label="Model" value={model} title={known?.description ?? model} class="model" onPick={actions.pickModel}>
      {known === null && <option value={model}>{model}</option>}
      {models.map((other) => (
        <option key={other.id} value={other.model} title={other.description}>
          {other.displayName}
        </option>
      ))}
    </Picker>
  );
}

const pickFolders = ({ host }: PanelState) => host?.workspace?.folders ?? none;
const pickIsHeld = ({ view }: PanelState) => (shownThread(view)?.held ?? null) !== null;
const none: readonly Folder[] = [];

const pickIsNew = ({ view }: PanelState) => view.kind === "new";

/** Only in a window of several folders, and for a thread that is to start. */
export function FolderPicker() {
  const { actions } = usePanel();
  const folders = useSelected(pickFolders);
  const cwd = useSelected(currentFolder);
  const isNew = useSelected(pickIsNew);
  if (folders.length < 2 || cwd === null || !isNew) return null;
  return (
    <Picker
      label="Folder"
      value={cwd}
      title={`Commands of this thread run in ${cwd}; it may change files in all folders of the window`}
      class="folder"
      onPick={actions.pickFolder}
    >
      {folders.map((folder) => (
        <option key={folder.cwd} value={folder.cwd} title={folder.cwd}>
          {folder.name}
        </option>
      ))}
    </Picker>
  );
}

/** What is good to know and cannot be picked, the most important first: each is shown whole where there is room. */
export function Extras() {
  const folders = useSelected(pickFolders);
  const cwd = useSelected(currentFolder);
  const isNew = useSelected(pickIsNew);
  const isHeld = useSelected(pickIsHeld);
  const known = useSelected(pickKnownModel);
  // A thread stays where it began.
  const folder = folders.find((each) => each.cwd === cwd)?.name ?? cwd?.slice(cwd.lastIndexOf("/") + 1);
  return (
    <span class="extras">
      {folders.length > 1 && !isNew && folder !== undefined && (
        <span class="tag" title={`This thread runs in ${cwd}`}>
          {folder}
        </span>
      )}
      {known?.scripted && !isHeld && (
        <span class="tag" title="Plays a script: no model is asked">
          scripted
        </span>
      )}
    </span>
  );
}

interface PickerProps {
  label: string;
  value: string;
  title: string;
  class: string;
  onPick: (value: string) => void;
  children: ComponentChildren;
}

function Picker(props: PickerProps) {
  const select = useRef<HTMLSelectElement>(null);
  return (
    <span class={`picker ${props.class}`}>
      <select
        ref={select}
        aria-label={props.label}
        title={props.title}
        value={props.value}
        onChange={({ currentTarget }) => {
          const picked = currentTarget.value;
          // What holds is what the state says, also when the pick is taken back.
          currentTarget.value = props.value;
          props.onPick(picked);
        }}
      >
        {props.children}
      </select>
      <Icon name="chevron-down" />
    </span>
  );
}
