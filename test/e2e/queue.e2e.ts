// Messages that wait for their turn, as a person has them: put in an order, kept through a stop and the death of the server.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { type Panel, setStage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

test("queued messages keep their order through a stop and a dead server, and are sent when the person says so", {
  skip,
}, async () => {
  const words = "one two three four five six seven eight nine ten ".repeat(40);
  const script = {
    name: "slow",
    scenes: [
      { prompt: "count", steps: [{ delayMs: 400, text: words }] },
      { prompt: "notes", steps: [{ text: "The notes are written." }] },
      { steps: [{ text: "The tax is right." }] },
    ],
  };
  await using stage = await setStage({
    config: 'model_provider = "scripted"\n[model_providers.scripted]\nscript = "slow.json"\n',
    prepareHome: (home) => writeFileSync(join(home, "slow.json"), JSON.stringify(script)),
  });
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await panel.thread.getByText("one two three").waitFor();
  for (const text of ["check the tax", "write the notes"]) {
    await panel.composer.fill(text);
    await panel.composer.press("Enter");
    await panel.button(`Edit: ${text}`).waitFor();
  }
  await panel.button("Move: write the notes").press("ArrowUp");
  await rowsAre(panel, ["write the notes", "check the tax"]);
  await panel.button("Stop").click();
  const paused = panel.frame.getByText("Paused: the last turn was interrupted");
  await paused.waitFor();

  process.kill(serverOf(stage.home), "SIGKILL");
  await workbench.page.locator(".statusbar-item").getByText("Belay", { exact: true }).waitFor();
  await rowsAre(panel, ["write the notes", "check the tax"]);
  await paused.waitFor();

  await panel.button("Continue").click();
  await panel.thread.getByText("The notes are written.").waitFor();
  await panel.thread.getByText("The tax is right.").waitFor();
  await rowsAre(panel, []);
  const prompts = await panel.thread.getByRole("heading", { level: 2 }).allTextContents();
  assert.deepEqual(
    prompts.map((text) => text.trim()),
    ["count", "write the notes", "check the tax"],
  );
});

async function rowsAre(panel: Panel, texts: readonly string[]): Promise<void> {
  const rows = panel.frame.locator(".queue li");
  await (texts.length === 0
    ? panel.frame.locator(".queue").waitFor({ state: "detached" })
    : rows.nth(texts.length - 1).waitFor());
  for (const [at, text] of texts.entries()) await rows.nth(at).getByText(text).waitFor();
  assert.equal(await rows.count(), texts.length);
}

/** The server whose home this is. */
function serverOf(home: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (environment.includes(`BELAY_HOME=${home}`) && /belay\.mjs/.test(command)) return Number(pid);
    } catch {
      // Another process that ended meanwhile, or is none of ours to look into.
    }
  }
  throw new Error(`no server has the home ${home}`);
}
