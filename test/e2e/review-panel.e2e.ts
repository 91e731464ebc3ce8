// What a person does in the panel about changed files: keeps and undoes them, goes back to before a prompt, and lets
// Belay only propose.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { setStage, type Stage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

const text = "one\ntwo\nthree\n";
const patch = (...lines: string[]) => ({
  calls: [{ name: "apply_patch", input: ["*** Begin Patch", ...lines, "*** End Patch"] }],
});
const script = {
  name: "edits",
  scenes: [
    {
      prompt: "edit",
      steps: [
        patch("*** Update File: list.txt", "@@", "-two", "+TWO", "*** Add File: new.txt", "+new"),
        { text: "Edited." },
      ],
    },
    { steps: [{ text: "Nothing to do." }] },
  ],
};

function setEdits(policy = ""): Promise<Stage> {
  return setStage({
    config: `model_provider = "scripted"\n${policy}[model_providers.scripted]\nscript = "edits.json"\n`,
    files: { "list.txt": text },
    prepareHome: (home) => writeFileSync(join(home, "edits.json"), JSON.stringify(script)),
  });
}

test("a turn is undone, made again, and reverted with its prompt back in the composer", { skip }, async () => {
  await using stage = await setEdits();
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("edit");
  await panel.thread.getByText("Edited.").waitFor();
  await panel.frame.getByText("2 files to review").waitFor();
  assert.equal(stage.read("list.txt"), text.replace("two", "TWO"));

  await panel.button("Undo turn").click();
  await panel.thread.getByText("Undone", { exact: true }).waitFor();
  assert.equal(stage.read("list.txt"), text);
  assert.throws(() => stage.read("new.txt"));
  await panel.frame.getByText("2 files to review").waitFor({ state: "detached" });

  await panel.button("Redo").click();
  await panel.thread.getByText("Undone", { exact: true }).waitFor({ state: "detached" });
  assert.equal(stage.read("list.txt"), text.replace("two", "TWO"));

  await panel.thread.getByRole("heading", { name: "edit" }).hover();
  await panel.button("Edit or revert to here").click();
  await panel.frame.getByRole("menuitem", { name: "Files and conversation" }).click();
  await panel.frame.getByRole("region", { name: "edit" }).waitFor({ state: "detached" });
  assert.equal(stage.read("list.txt"), text);
  assert.equal(await panel.composer.inputValue(), "edit");
});

test("what is only proposed is in no file until Keep writes it, and Undo drops it", { skip }, async () => {
  await using stage = await setEdits();
  const { workbench, panel } = stage;
  await workbench.openBelay();
  const mode = panel.frame.getByRole("combobox", { name: "Mode", exact: true });
  await mode.selectOption({ label: "Propose only: nothing is written until you keep it" });
  await panel.send("edit");
  await panel.thread.getByText("Edited.").waitFor();
  await panel.frame.getByText("2 files to review").waitFor();
  assert.equal(stage.read("list.txt"), text);
  assert.equal(await panel.thread.getByText("Proposed", { exact: true }).count(), 2);

  await panel.thread
    .getByRole("button", { name: /list\.txt/ })
    .first()
    .click();
  await panel.button("Keep list.txt").click();
  await panel.frame.getByText("1 file to review").waitFor();
  await stage.becomes("list.txt", text.replace("two", "TWO"));
  await panel.thread
    .getByRole("button", { name: /new\.txt/ })
    .first()
    .click();
  await panel.button("Undo new.txt").click();
  await panel.frame.getByText("1 file to review").waitFor({ state: "detached" });
  assert.throws(() => stage.read("new.txt"));
});

test("a file that another program changes between the question and the answer is asked about again, as it is then", {
  skip,
}, async () => {
  await using stage = await setEdits('approval_policy = "untrusted"\n');
  const { workbench, panel } = stage;
  const line = (words: string) => workbench.page.locator(".monaco-editor .view-line", { hasText: words }).first();
  await workbench.openFile("list.txt");
  await workbench.openBelay();
  await panel.send("edit");
  await panel.ready("change files");
  writeFileSync(join(stage.project, "list.txt"), `zero\n${text}`);
  await panel.approve("change files");
  await panel.approval("change files").getByText("zero").waitFor();
  await panel.approval("change files").getByText("a file in it was changed since you were asked").waitFor();
  assert.equal(stage.read("list.txt"), `zero\n${text}`, "nothing is written by an approval of something else");
  await panel.ready("change files");
  await panel.approve("change files");
  await panel.thread.getByText("Edited.").waitFor();
  assert.equal(stage.read("list.txt"), `zero\n${text.replace("two", "TWO")}`);
  assert.equal(stage.read("new.txt"), "new\n");
  await line("TWO").waitFor();
  await panel.button("Undo turn").click();
  await panel.thread.getByText("Undone", { exact: true }).waitFor();
  assert.equal(stage.read("list.txt"), `zero\n${text}`);
});
