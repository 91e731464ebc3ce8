// Which model and mode hold for the next prompt: what was picked here, else what the thread has, else the defaults.
import type { Edits, Mode } from "../../server/protocol/mode.ts";
import type { Model } from "../../server/protocol/model.ts";
import type { ThreadSettings } from "../../server/protocol/thread.ts";
import { type Choice, type PanelState, shownThread } from "../state/state.ts";

export function currentModel(state: PanelState): { model: string; known: Model | null } | null {
  const model = state.choice.model ?? shownThread(state.view)?.settings.model ?? defaultModel(state)?.model;
  if (model === undefined) return null;
  return { model, known: state.models.find((candidate) => candidate.model === model) ?? null };
}

/** The provider whose API key is missing, as a person calls it; null: the chosen model can answer, as far as is known. */
export function providerWithoutKey(state: PanelState): string | null {
  const known = currentModel(state)?.known;
  if (known?.missing !== "apiKey") return null;
  return known.modelProvider === "openai" ? "OpenAI" : known.modelProvider;
}

/** What goes along with the next prompt: a thread that is to start has the mode that was picked last. */
export function currentChoice({ view, choice, lastMode }: PanelState): Choice {
  return view.kind === "new" && choice.mode === null ? { ...choice, mode: lastMode } : choice;
}

/** Null: the settings are none of the three modes. */
export function currentMode(state: PanelState): Mode | null {
  const settings = currentSettings(state);
  return currentChoice(state).mode ?? (settings === null ? "agent" : settings.mode);
}

/** Whether edits are written, or only proposed. */
export function currentEdits(state: PanelState): Edits {
  return state.choice.edits ?? currentSettings(state)?.edits ?? "write";
}

/** Where the thread on screen runs; without one, where a new thread would. */
export function currentFolder({ view, choice, host }: PanelState): string | null {
  return shownThread(view)?.settings.cwd ?? choice.cwd ?? host?.workspace?.cwd ?? null;
}

/** Those of the thread on screen; without one, those a new thread would have. */
export function currentSettings({ view, defaults }: PanelState): ThreadSettings | null {
  return shownThread(view)?.settings ?? defaults;
}

/** The thread plays a script; no model is asked. */
export function isScripted(state: PanelState): boolean {
  const model = currentModel(state);
  return model?.known?.scripted ?? shownThread(state.view)?.settings.modelProvider === "scripted";
}

function defaultModel({ models }: PanelState): Model | undefined {
  return models.find(({ isDefault }) => isDefault) ?? models[0];
}
