// What a person sees when things are not as they should be: each says why and what to do, and loses nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { holdingLifeline, lifeline } from "../support/lifeline.ts";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { serverOf, serversOf } from "./processes.ts";
import { setScriptedStage, setStage } from "./stage.ts";
import { badDays, playBadDays, refuseKeys } from "./story-of-bad-days.ts";

const skip = whyNoWorkbench() ?? false;

test("a server that dies during a turn is restarted; the turn shows as interrupted and the typed text stays", {
  skip,
}, async () => {
  const words = "one two three four five six seven eight nine ten ".repeat(40);
  await using stage = await setScriptedStage([{ steps: [{ delayMs: 400, text: words }] }]);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await panel.thread.getByText("one two three").waitFor();
  await panel.composer.fill("and then go on");
  process.kill(serverOf(stage.home), "SIGKILL");
  await panel.thread
    .getByText(/interrupted/i)
    .first()
    .waitFor();
  assert.equal(await panel.composer.inputValue(), "and then go on");
  // The thread is read anew with the restart, and nothing is sent while it is: a click just then would be for nothing.
  await panel.frame.getByText(/server had ended and was restarted/).waitFor();
  await panel.button("Send").click();
  await panel.thread.getByText("and then go on").waitFor();
  await panel.button("Stop").click();
  await panel.button("Stop").waitFor({ state: "detached" });
});

test("a command that runs when the server dies ends with it; its terminal and its card say so", { skip }, async () => {
  const call = {
    name: "exec_command",
    arguments: { cmd: holdingLifeline("echo begun; sleep 623"), yield_time_ms: 250 },
  };
  await using stage = await setScriptedStage([{ steps: [{ calls: [call] }, { text: "It runs on." }] }]);
  using command = lifeline(stage.project);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("run it");
  await panel.thread.getByText("It runs on.").waitFor();
  await panel.button("1 command runs in the background").click();
  await panel.button(/^Open terminal/).click();
  const rows = workbench.page.locator(".terminal-wrapper.active .xterm-rows");
  await rows.getByText("begun", { exact: true }).waitFor();
  process.kill(serverOf(stage.home), "SIGKILL");
  await rows.getByText("[stopped: Belay's server ended]").waitFor();
  await panel.item(/sleep 623, (stopped|interrupted)$/).waitFor();
  await panel.button(/in the background/).waitFor({ state: "detached" });
  await workbench.page.locator(".statusbar-item").getByText("Belay", { exact: true }).waitFor();
  await command.gone;
});

test("reloading the window in the middle of a turn shows the same approval again, and it can be answered", {
  skip,
}, async () => {
  await using stage = await setStage();
  await stage.workbench.openBelay();
  await stage.panel.send("Make the tests pass");
  await stage.panel.approval("run command").waitFor();
  // Hiding the view drops its page; showing it builds a new one from the server's snapshot.
  await stage.workbench.openExplorer();
  await stage.workbench.openBelay();
  await stage.panel.approval("run command").waitFor();
  await stage.panel.approve("run command");
  await stage.panel.item("Command: npm test, failed").waitFor();
});

test("a model endpoint that refuses is named with its cure, and the thread goes on", { skip }, async () => {
  await using stage = await setStage({
    config:
      'model = "m"\nmodel_provider = "local"\n[model_providers.local]\nbase_url = "http://127.0.0.1:9/v1"\nrequest_max_retries = 0\nstream_max_retries = 0\n',
  });
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("hello");
  await panel.thread
    .getByText(/could not be reached at http:\/\/127\.0\.0\.1:9\/v1/)
    .first()
    .waitFor();
  assert.equal(await panel.composer.isEnabled(), true);
});

test("a refused key, a folder that is gone and a full disk are said with their cure, and the thread goes on", {
  skip,
}, async () => {
  await using api = await refuseKeys();
  await using stage = await setStage(badDays(api));
  await playBadDays(stage, async () => {});
});

test("without a folder the panel says to open one", { skip }, async () => {
  await using stage = await setStage({ withoutFolder: true });
  await stage.workbench.openBelay();
  await stage.panel.button(/Open a folder/).waitFor();
});

test("in a folder that is not trusted nothing runs until it is", { skip }, async () => {
  await using stage = await setStage({ isTrustAsked: true });
  const { workbench, panel } = stage;
  await workbench.page.getByRole("button", { name: /No, I don't trust/ }).click();
  await workbench.openBelay();
  await panel.button(/Manage trust/i).waitFor();
  assert.equal(serversOf(stage.home).length, 0);
});
