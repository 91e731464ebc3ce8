// The status bar item `Belay`: the server's state, what confines commands, and whether something waits for a person.
import * as vscode from "vscode";
import { appearanceOf, type StatusFacts } from "./status-appearance.ts";

export class Status implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("belay.status", vscode.StatusBarAlignment.Right, 100);

  constructor() {
    this.#item.name = "Belay";
    this.show({ server: { kind: "stopped" }, sandbox: null, waiting: null, isPanelVisible: false });
    this.#item.show();
  }

  show(facts: StatusFacts): void {
    const { icon, text, tooltip, command, background } = appearanceOf(facts);
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
