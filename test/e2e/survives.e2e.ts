// Threads outlive what goes wrong around them: a server that is killed, stopped or keeps crashing, a window that is
// reloaded, and each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { holdingLifeline, lifeline } from "../support/lifeline.ts";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { serverAfter, serverOf } from "./processes.ts";
import { type Panel, setScriptedStage, setStage, type Stage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `number-${from + at}`).join(" ");
const long = { name: "exec_command", arguments: { cmd: holdingLifeline("sleep 600"), yield_time_ms: 250 } };

/** "count" runs a command and then takes its time. */
const slowAnswer = [
  {
    prompt: "count",
    steps: [
      { text: "I begin.", calls: [long] },
      { text: numbers(1, 900), delayMs: 200 },
    ],
  },
  { steps: [{ text: "Back again." }] },
];

/** The answer that is being written, or was. */
const answer = (panel: Panel): Locator => panel.thread.getByText(/number-1 /);

test("a server that is killed is said to be restarted; its commands are gone, and only whole answers are left", {
  skip,
}, async () => {
  await using stage = await setScriptedStage(slowAnswer);
  using command = lifeline(stage.project);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await answer(panel).waitFor();
  await panel.composer.fill("and then");
  await command.started;
  process.kill(serverOf(stage.home), "SIGKILL");
  await panel.frame.getByText(/server had ended and was restarted/).waitFor();
  await panel.thread.getByText("I begin.").waitFor();
  // What was half written is in no history: the model does not know of it either.
  await answer(panel).waitFor({ state: "detached" });
  await command.gone;
  assert.equal(await panel.composer.inputValue(), "and then");
  await panel.button("Send").click();
  await panel.thread.getByText("Back again.").waitFor();
  await panel.frame.getByText(/server had ended and was restarted/).waitFor({ state: "detached" });
});

test("an approval that waits when the server is killed goes, says why, and is never done", { skip }, async () => {
  await using stage = await setStage();
  await stage.workbench.openBelay();
  await stage.panel.send("Make the tests pass");
  await stage.panel.approval("run command").waitFor();
  process.kill(serverOf(stage.home), "SIGKILL");
  await stage.panel.frame.getByText(/what waited for your answer was not done/).waitFor();
  await stage.panel.approval("run command").waitFor({ state: "detached" });
  await stage.panel.thread
    .getByText(/interrupted/i)
    .first()
    .waitFor();
});

test("a server that keeps dying is left alone in the end, with two ways on; a restart begins anew", {
  skip,
}, async () => {
  await using stage = await setStage();
  const { workbench, panel } = stage;
  await workbench.openBelay();
  const running = workbench.page.locator(".statusbar-item").getByText(/^\s*Belay(: sandbox off)?\s*$/);
  const givenUp = panel.frame.getByText(/It ended 5 times in a short while/);
  const ended = givenUp.waitFor({ timeout: 180_000 }).then(() => null);
  let last = 0;
  for (;;) {
    const started = next(stage, last, running);
    // The last one waits for a server that never comes.
    started.catch(() => undefined);
    const server = await Promise.race([ended, started]);
    if (server === null) break;
    last = server;
    process.kill(last, "SIGKILL");
  }
  await panel.button("Show log").waitFor();
  await panel.button("Restart").click();
  last = await next(stage, last, running);
  // The count begins anew: one more end is nothing to give up for.
  process.kill(last, "SIGKILL");
  await next(stage, last, running);
});

test("a server that is stopped for a while is said not to respond, and then goes on where it was", {
  skip,
}, async () => {
  await using stage = await setScriptedStage([{ steps: [{ text: numbers(1, 400), delayMs: 20 }] }]);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await answer(panel).waitFor();
  const server = serverOf(stage.home);
  process.kill(server, "SIGSTOP");
  await panel.frame.getByText(/^Belay is not responding\./).waitFor({ timeout: 180_000 });
  await workbench.page.locator(".statusbar-item").getByText("Belay: not responding").waitFor();
  process.kill(server, "SIGCONT");
  await panel.frame.getByText(/^Belay is not responding\./).waitFor({ state: "detached" });
  await panel.thread.getByText(/number-400$/).waitFor();
  assert.equal(await answer(panel).innerText(), numbers(1, 400));
  assert.equal(serverOf(stage.home), server);
});

test("a window that is reloaded in the middle of a turn shows the same thread, its turn interrupted, and the draft", {
  skip,
}, async () => {
  // Nothing else that VS Code stores has these words.
  const draft = "a draft that outlives its window";
  await using stage = await setScriptedStage(slowAnswer);
  using command = lifeline(stage.project);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await answer(panel).waitFor();
  await panel.composer.fill(draft);
  await command.started;
  await workbench.reload({
    "workbench.sidebar.activeviewletid": "workbench.view.extension.belay",
    "belay-dev.belay": draft,
  });
  // The view that was open opens by itself.
  await panel.thread.getByText("I begin.").waitFor();
  await panel.thread
    .getByText(/interrupted/i)
    .first()
    .waitFor();
  assert.equal(await panel.composer.inputValue(), draft);
  await command.gone;
});

test("hiding and showing the panel while an answer is written loses no word of it and shows none twice", {
  skip,
}, async () => {
  await using stage = await setScriptedStage([{ steps: [{ text: numbers(1, 300), delayMs: 15 }] }]);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await answer(panel).waitFor();
  for (let hidden = 0; hidden < 2; hidden++) {
    await workbench.openExplorer();
    await workbench.openBelay();
    await answer(panel).waitFor();
  }
  await panel.thread.getByText(/number-300$/).waitFor();
  assert.equal(await answer(panel).innerText(), numbers(1, 300));
});

test("two threads run side by side: the panel shows one, tells of the other's question, and both end whole", {
  skip,
}, async () => {
  const ask = { name: "exec_command", arguments: { cmd: "env echo asked" } };
  await using stage = await setScriptedStage(
    [
      { prompt: "count", steps: [{ text: numbers(1, 300), delayMs: 15 }] },
      { prompt: "ask", steps: [{ calls: [ask], delayMs: 50 }, { text: "The question was answered." }] },
    ],
    'approval_policy = "untrusted"\n',
  );
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("ask me");
  await panel.approval("run command").waitFor();
  await panel.button("New thread").click();
  await panel.send("count");
  await answer(panel).waitFor();
  await panel.frame.getByText("The thread “ask me” waits for your approval.").waitFor();
  await panel.button("Show").click();
  await panel.approve("run command");
  await panel.thread.getByText("The question was answered.").waitFor();
  await panel.button("Threads").click();
  await panel.frame.getByRole("option", { name: /count/ }).click();
  await panel.thread.getByText(/number-300$/).waitFor();
  assert.equal(await answer(panel).innerText(), numbers(1, 300));
});

/** The server after the one that was killed, once it runs. Of that one the status bar may not know yet. */
async function next(stage: Stage, before: number, running: Locator): Promise<number> {
  const server = await serverAfter(before, stage.home);
  await running.waitFor();
  return server;
}
