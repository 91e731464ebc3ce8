// `Manage Approvals`: rules by scope with their source, problems first, removing, testing, and what changes meanwhile.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Rule } from "../../server/protocol/command.ts";
import { test } from "../support/vscode/suite.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { belayWith, choosing, eventOf, expectRequest, inWorkspace, say } from "./belay.ts";

const rule: Rule = {
  id: "rule-1",
  pattern: [["npm"], ["test"]],
  exact: false,
  decision: "allow",
  scope: "always",
  workspace: null,
  outsideSandbox: false,
  justification: null,
  source: "default.rules:1",
};
const forbids: Rule = {
  ...rule,
  id: "rule-2",
  pattern: [["rm"]],
  decision: "forbidden",
  scope: "thread",
  source: null,
};

const list = (rules: Rule[], problems: string[] = []) => ({ answer: "belay/rule/list", with: { rules, problems } });

type Pick = vscode.QuickPick<vscode.QuickPickItem>;
type Pressed = (event: vscode.QuickPickItemButtonEvent<vscode.QuickPickItem>) => unknown;

/** Runs the command and hands over the list it opens, its items as shown, and a way to press an item's button. */
async function whileListed(
  body: (list: {
    pick: Pick;
    shown(isIt: (labels: string[]) => boolean): Promise<string[]>;
    press(label: string): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const { window } = vscode;
  const { createQuickPick } = window;
  const created = Promise.withResolvers<{ pick: Pick; pressed: Pressed[]; changed: Set<() => void> }>();
  window.createQuickPick = (() => {
    const pick = createQuickPick();
    const pressed: Pressed[] = [];
    const changed = new Set<() => void>();
    const watched = new Proxy(pick, {
      get: (target, key) => {
        if (key === "onDidTriggerItemButton")
          return (listener: Pressed) => {
            pressed.push(listener);
            return target.onDidTriggerItemButton(listener);
          };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, key, value) => {
        const isSet = Reflect.set(target, key, value, target);
        if (key === "items") for (const listener of changed) listener();
        return isSet;
      },
    });
    created.resolve({ pick, pressed, changed });
    return watched;
  }) as typeof createQuickPick;
  try {
    const done = vscode.commands.executeCommand("belay.manageApprovals");
    const { pick, pressed, changed } = await within(patienceMs, "the list to open", created.promise);
    const labels = () => pick.items.map(({ label }) => label);
    await body({
      pick,
      shown: async (isIt) => {
        while (!isIt(labels())) {
          const { promise, resolve } = Promise.withResolvers<void>();
          changed.add(resolve);
          await within(patienceMs, `other items than ${labels().join(", ")}`, promise);
          changed.delete(resolve);
        }
        return labels();
      },
      press: async (label) => {
        const item = pick.items.find((candidate) => candidate.label === label);
        const [button] = item?.buttons ?? [];
        assert.ok(item && button, `${label} has no button`);
        for (const listener of pressed) await listener({ item, button });
      },
    });
    pick.hide();
    await within(patienceMs, "the command to end", Promise.resolve(done));
  } finally {
    window.createQuickPick = createQuickPick;
  }
}

test("rules are listed by scope with what they do and where they stand, problems of the file first", async () => {
  const api = await belayWith("puppet");
  await say(api, list([rule, forbids], ["line 4 is no rule"]));
  await whileListed(async ({ pick, shown }) => {
    const labels = await shown((now) => now.length > 0);
    assert.deepEqual(labels, [
      "Problems: every command asks until they are mended",
      "$(warning) line 4 is no rule",
      "This thread",
      "rm …",
      "Always",
      "npm test …",
      "Actions",
      "$(beaker) Test a command…",
      "$(go-to-file) Open default.rules",
    ]);
    const shownRule = pick.items.find(({ label }) => label === "npm test …");
    assert.deepEqual([shownRule?.description, shownRule?.detail], ["runs without asking", "default.rules:1"]);
  });
});

test("a rule is removed at once, one that holds something back only after a question", async () => {
  const api = await belayWith("puppet");
  await say(api, list([rule, forbids]), { answer: "belay/rule/remove", with: { removed: true } });
  await whileListed(async ({ press, shown }) => {
    await shown((labels) => labels.includes("npm test …"));
    const questions = await choosing("Remove Rule", async () => {
      await press("npm test …");
      await press("rm …");
    });
    assert.deepEqual(questions, ["Remove the rule by which `rm …` is refused?"]);
    const removed = [await expectRequest(api, "belay/rule/remove"), await expectRequest(api, "belay/rule/remove")];
    assert.deepEqual(removed, [
      { id: "rule-1", threadId: null },
      { id: "rule-2", threadId: null },
    ]);
  });
});

test("a rule that is added while the list is open appears", async () => {
  const api = await belayWith("puppet");
  await say(api, list([]));
  await whileListed(async ({ shown }) => {
    await shown((labels) => labels.includes("No rules yet"));
    const resolved = { notify: "serverRequest/resolved", params: { threadId: "thread-1", requestId: "any" } };
    await say(api, list([rule]), resolved);
    await shown((labels) => labels.includes("npm test …"));
  });
});

test("a command line is tested without being run: the verdict, the reason and the rule", async () => {
  const api = await belayWith("puppet");
  const check = { verdict: "forbid", rule: "default.rules:2", reason: "it deletes files" };
  await say(api, list([rule]), { answer: "belay/policy/check", with: check });
  const { createInputBox } = vscode.window;
  const created = Promise.withResolvers<vscode.InputBox>();
  vscode.window.createInputBox = () => {
    const box = createInputBox();
    created.resolve(box);
    return box;
  };
  try {
    await whileListed(async ({ pick, shown }) => {
      await shown((labels) => labels.includes("npm test …"));
      const item = pick.items.find(({ label }) => label.includes("Test a command"));
      assert.ok(item);
      const active = eventOf("the item to be the active one", pick.onDidChangeActive, ([now]) => now === item);
      pick.activeItems = [item];
      await active;
      await press();
      const box = await within(patienceMs, "the box for a command", created.promise);
      box.value = "rm -rf x";
      await press();
      assert.deepEqual(await expectRequest(api, "belay/policy/check"), {
        command: "rm -rf x",
        threadId: null,
        cwd: inWorkspace("").fsPath.replace(/\/$/, ""),
      });
      await answered();
      assert.deepEqual(box.validationMessage, {
        message: "It is refused. It deletes files. Rule: default.rules:2",
        severity: vscode.InputBoxValidationSeverity.Error,
      });
      box.hide();
    });
  } finally {
    vscode.window.createInputBox = createInputBox;
  }
});

/** The Enter key, in what is open now. */
async function press(): Promise<void> {
  // The window has heard of what was opened and typed once it answers.
  await answered();
  await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
}

async function answered(): Promise<void> {
  for (let count = 0; count < 2; count += 1) await vscode.commands.executeCommand("setContext", "belay.test", count);
}
