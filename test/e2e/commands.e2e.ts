// What a person does about commands besides watching them: rules they make, see, test and take back, and what they are
// told where nothing confines commands.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { checkout, setStage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

test("`Always allow…` makes a rule that `Manage Approvals` lists, tests and removes", { skip }, async () => {
  await using stage = await setStage();
  const { workbench, panel } = stage;
  const { page } = workbench;
  await workbench.openBelay();
  await panel.send("Make the tests pass");
  await panel.ready("run command");
  await panel.button("Always allow…").click();
  await panel.button("Allow in this workspace").click();
  await panel.item("Command: npm test, failed").waitFor();
  const rules = join(stage.home, "rules", "default.rules");
  assert.match(readFileSync(rules, "utf8"), /pattern=\["npm", "test"\].*decision="allow"/);

  await workbench.runCommand("Belay: Manage Approvals");
  const row = (text: string) => page.locator(".quick-input-list .monaco-list-row", { hasText: text });
  await row("runs without asking").getByText("This workspace").waitFor();
  await row("Test a command").click();
  await page.locator(".quick-input-title", { hasText: "Test a Command" }).waitFor();
  const said = page.locator(".quick-input-message");
  for (const [command, verdict] of [
    ["npm test", "It runs without asking. Rules allow it. Rule: default.rules:1"],
    ["npm publish", "It asks first."],
  ] as const) {
    await page.locator(".quick-input-widget .quick-input-box input").fill(command);
    await page.keyboard.press("Enter");
    await said.getByText(verdict).waitFor();
  }
  await page.locator(".quick-input-titlebar").getByRole("button", { name: "Back" }).click();
  await row("runs without asking").hover();
  await row("runs without asking").getByRole("button", { name: "Remove this rule" }).click();
  await row("No rules yet").waitFor();
  assert.doesNotMatch(readFileSync(rules, "utf8"), /npm/);
});

test("where no sandbox works the window says so, and asks for all that does not only look", { skip }, async () => {
  const script = {
    name: "two commands",
    scenes: [
      {
        steps: [
          { calls: [{ name: "exec_command", arguments: { cmd: "ls src" } }] },
          { calls: [{ name: "exec_command", arguments: { cmd: "npm test" } }] },
          { text: "Done." },
        ],
      },
    ],
  };
  let extensionPath = "";
  await using stage = await setStage({
    config: 'model_provider = "scripted"\n[model_providers.scripted]\nscript = "two.json"\n',
    prepareHome: (home) => {
      writeFileSync(join(home, "two.json"), JSON.stringify(script));
      extensionPath = extensionWithoutSandbox(home);
    },
    window: {
      get extensionPath() {
        return extensionPath;
      },
    },
  });
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await workbench.page.locator(".statusbar-item", { hasText: "Belay: sandbox off" }).waitFor();
  await panel.button("Sandbox off: commands ask").click();
  await panel.frame.getByText("The sandbox knows the system calls of x64 and arm64").waitFor();
  await panel.send("go");
  await panel.item("Command: ls src, completed").waitFor();
  await panel.ready("run command");
  const question = await panel.approval("run command").innerText();
  assert.match(question, /npm test/);
  assert.match(question, /No sandbox: it can do whatever you can/);
  await panel.approve("run command");
  await panel.thread.getByText("Done.").waitFor();
});

/** Belay as it is, whose server believes in a processor that its sandbox does not know. */
function extensionWithoutSandbox(folder: string): string {
  const extension = join(folder, "extension");
  mkdirSync(join(extension, "dist"), { recursive: true });
  for (const name of ["package.json", "package.nls.json", "extension"])
    symlinkSync(join(checkout, name), join(extension, name));
  for (const name of readdirSync(join(checkout, "dist")).filter((file) => file !== "belay.mjs"))
    symlinkSync(join(checkout, "dist", name), join(extension, "dist", name));
  const real = pathToFileURL(join(checkout, "dist", "belay.mjs")).href;
  const lines = [
    'Object.defineProperty(process, "arch", { value: "riscv64" });',
    `await import(${JSON.stringify(real)});`,
  ];
  writeFileSync(join(extension, "dist", "belay.mjs"), lines.join("\n"));
  return extension;
}
