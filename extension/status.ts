// The status bar item `Belay`: the server's state and whether something waits for a person.
import * as vscode from "vscode";
import type { ServerState } from "./server-process.ts";
import type { Waiting } from "./waiting-words.ts";

interface Appearance {
  icon: string;
  /** Also what a screen reader says. */
  text: string;
  tooltip: string;
  command: string;
  background?: "statusBarItem.warningBackground" | "statusBarItem.errorBackground";
}

export class Status implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("belay.status", vscode.StatusBarAlignment.Right, 100);

  constructor() {
    this.#item.name = "Belay";
    this.show({ kind: "stopped" }, { waiting: null, isPanelVisible: false });
    this.#item.show();
  }

  /** `isPanelVisible`: what waits is in sight, so that colour is not needed. */
  show(state: ServerState, { waiting, isPanelVisible }: { waiting: Waiting | null; isPanelVisible: boolean }): void {
    const appearance = waiting === null ? appearanceOf(state) : needsPerson(waiting, isPanelVisible);
    const { icon, text, tooltip, command, background } = appearance;
    this.#item.text = `$(${icon}) ${text}`;
    this.#item.tooltip = tooltip;
    this.#item.command = command;
    this.#item.backgroundColor = background === undefined ? undefined : new vscode.ThemeColor(background);
    this.#item.accessibilityInformation = { label: `${text}. ${tooltip}`, role: "button" };
  }

  dispose(): void {
    this.#item.dispose();
  }
}

function needsPerson({ sentence }: Waiting, isPanelVisible: boolean): Appearance {
  const appearance: Appearance = {
    icon: "bell-dot",
    text: sentence,
    tooltip: "Belay waits for you. Select to show it.",
    command: "belay.focusComposer",
  };
  return isPanelVisible ? appearance : { ...appearance, background: "statusBarItem.warningBackground" };
}

function appearanceOf(state: ServerState): Appearance {
  switch (state.kind) {
    case "stopped":
      return {
        icon: "circle-outline",
        text: "Belay",
        tooltip: "Belay starts when you use it.",
        command: "belay.focusComposer",
      };
    case "starting":
      return {
        icon: "loading~spin",
        text: "Belay: starting",
        tooltip: "Belay's server starts.",
        command: "belay.showLog",
      };
    case "running":
      return {
        icon: "circle-filled",
        text: "Belay",
        tooltip: "Belay is running. Select to open it.",
        command: "belay.focusComposer",
      };
    case "failed":
      return state.retryAt === null
        ? {
            icon: "error",
            text: "Belay: stopped",
            tooltip: `${state.reason} Select to restart it.`,
            command: "belay.restartServer",
            background: "statusBarItem.errorBackground",
          }
        : { icon: "loading~spin", text: "Belay: restarting", tooltip: state.reason, command: "belay.showLog" };
    default:
      return state satisfies never;
  }
}
