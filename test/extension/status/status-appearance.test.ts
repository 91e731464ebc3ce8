// The status bar item: what it says of the server and of the sandbox, and what selecting it does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { appearanceOf, type StatusFacts } from "../../../extension/status/status-appearance.ts";
import type { SandboxState } from "../../../server/protocol/command.ts";

const works: SandboxState = {
  kind: "works",
  layer: "bubblewrap, seccomp",
  reason: null,
  cure: null,
  isContainer: false,
};
const off: SandboxState = {
  kind: "unavailable",
  layer: null,
  reason: "user namespaces are not allowed",
  cure: "Install bubblewrap.",
  isContainer: true,
};

function shown(facts: Partial<StatusFacts>) {
  return appearanceOf({ server: { kind: "running" }, sandbox: null, waiting: null, isPanelVisible: false, ...facts });
}

test("a sandbox that works is named in the tooltip, without a word in the bar", () => {
  const { text, tooltip, background } = shown({ sandbox: works });
  assert.deepEqual([text, background], ["Belay", undefined]);
  assert.match(tooltip, /Sandbox: bubblewrap, seccomp\./);
});

test("where nothing confines commands the bar warns, and says why, what would help, and what happens instead", () => {
  const { text, tooltip, background, command } = shown({ sandbox: off });
  assert.equal(text, "Belay: sandbox off");
  assert.equal(background, "statusBarItem.warningBackground");
  assert.match(tooltip, /ask first\. User namespaces are not allowed\. Install bubblewrap\. /);
  assert.equal(command, "belay.showStatusMenu");
  assert.equal(shown({ sandbox: { ...off, isContainer: false } }).command, "belay.focusComposer");
});

test("a container that a person trusts is said to be the sandbox", () => {
  assert.match(shown({ sandbox: { ...off, kind: "container" } }).tooltip, /this container, because you said so/);
});

test("a server that does not answer is said so before all else, and a restart is offered only after a while", () => {
  const waiting = { count: 1, sentence: "Belay waits" };
  const silent = (silence: "short" | "long") => shown({ server: { kind: "running", silence }, waiting });
  assert.deepEqual(["Belay: not responding", "belay.showLog"], [silent("short").text, silent("short").command]);
  assert.deepEqual(["Belay: not responding", "belay.restartServer"], [silent("long").text, silent("long").command]);
});

test("what waits for a person comes before the sandbox, and a server that gave up offers a restart", () => {
  assert.equal(shown({ sandbox: off, waiting: { count: 1, sentence: "Belay waits" } }).text, "Belay waits");
  assert.equal(shown({ server: { kind: "failed", reason: "Gone.", retrying: false } }).command, "belay.restartServer");
});
