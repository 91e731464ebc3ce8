// How the status bar item `Belay` looks: the server's state, the sandbox's, and what waits for a person. Pure.
import type { SandboxState } from "../../server/protocol/command.ts";
import type { ServerStatus } from "../../server/protocol/panel.ts";
import type { Waiting } from "../approvals/waiting-words.ts";

export interface Appearance {
  icon: string;
  /** Also what a screen reader says. */
  text: string;
  tooltip: string;
  command: `belay.${string}`;
  background?: "statusBarItem.warningBackground" | "statusBarItem.errorBackground";
}

export interface StatusFacts {
  server: ServerStatus;
  /** Null: not known yet. */
  sandbox: SandboxState | null;
  waiting: Waiting | null;
  /** What waits is in sight, so that colour is not needed. */
  isPanelVisible: boolean;
}

export function appearanceOf({ server, sandbox, waiting, isPanelVisible }: StatusFacts): Appearance {
  // What waits cannot be answered meanwhile.
  if (server.kind === "running" && server.silence !== undefined) return notResponding(server.silence);
  if (waiting !== null) return needsPerson(waiting, isPanelVisible);
  switch (server.kind) {
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
      return running(sandbox);
    case "failed":
      return server.retrying ? restarting(server.reason) : dead(server.reason);
    default:
      return server satisfies never;
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

function running(sandbox: SandboxState | null): Appearance {
  const belay: Appearance = { icon: "circle-filled", text: "Belay", tooltip: "", command: "belay.focusComposer" };
  if (sandbox === null) return { ...belay, tooltip: "Belay is running. Select to open it." };
  switch (sandbox.kind) {
    case "works":
      return { ...belay, tooltip: `Belay is running. Sandbox: ${sandbox.layer ?? "works"}. Select to open it.` };
    case "container":
      return {
        ...belay,
        tooltip: "Belay is running. Sandbox: this container, because you said so. Select to open it.",
      };
    case "unavailable":
      return {
        icon: "warning",
        text: "Belay: sandbox off",
        tooltip: [
          "Nothing confines commands here, so those that are not provably safe ask first.",
          sentence(sandbox.reason),
          sentence(sandbox.cure),
          sandbox.isContainer ? "Select for what you can do." : "Select to open Belay.",
        ]
          .filter((part) => part !== "")
          .join(" "),
        command: sandbox.isContainer ? "belay.showStatusMenu" : "belay.focusComposer",
        background: "statusBarItem.warningBackground",
      };
    default:
      return sandbox.kind satisfies never;
  }
}

function notResponding(silence: "short" | "long"): Appearance {
  const appearance = { icon: "warning", text: "Belay: not responding" };
  return silence === "short"
    ? {
        ...appearance,
        tooltip: "Belay's server has not answered for a while. It may be busy.",
        command: "belay.showLog",
      }
    : {
        ...appearance,
        tooltip: "Belay's server does not answer. Select to restart it, which stops what it runs.",
        command: "belay.restartServer",
        background: "statusBarItem.warningBackground",
      };
}

function restarting(reason: string): Appearance {
  return { icon: "loading~spin", text: "Belay: restarting", tooltip: reason, command: "belay.showLog" };
}

function dead(reason: string): Appearance {
  return {
    icon: "error",
    text: "Belay: stopped",
    tooltip: `${reason} Select to restart it.`,
    command: "belay.restartServer",
    background: "statusBarItem.errorBackground",
  };
}

/** The server's words may be half a sentence. */
function sentence(words: string | null): string {
  const trimmed = words?.trim() ?? "";
  if (trimmed === "") return "";
  const begun = `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
