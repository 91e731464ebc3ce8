// `Belay: Manage Approvals`: lists the rules of what may run unasked, tells what would become of a command, removes rules.
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import type { ResultOf } from "../../server/protocol/rows.ts";
import type { Rule } from "../../server/protocol/command.ts";
import type { clientRequests } from "../../server/protocol/methods.ts";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { RunningCtx } from "../ctx.ts";
import {
  decisionWords,
  patternWords,
  removalQuestion,
  scopes,
  scopeTitle,
  sourceWords,
  verdictWords,
} from "./rule-words.ts";
import { folderInUse, localFolders } from "../workspace.ts";

type Rules = ResultOf<typeof clientRequests, "belay/rule/list">;

interface Item extends vscode.QuickPickItem {
  /** What selecting it does. Absent: nothing. */
  does?: "test" | "openFile";
  rule?: Rule;
}

/** Resolves when the person is done. */
export async function manageApprovals(ctx: RunningCtx): Promise<void> {
  for (let next = await showRules(ctx); next !== "done"; next = await showRules(ctx)) {
    if (next === "openFile") return openRules(ctx);
    if ((await testCommand(ctx)) === "done") return;
  }
}

function itemsOf({ rules, problems }: Rules): Item[] {
  return [
    ...(problems.length > 0 ? [separator("Problems: every command asks until they are mended")] : []),
    ...problems.map((problem) => ({ label: `$(warning) ${problem}`, alwaysShow: true, does: "openFile" as const })),
    ...scopes.flatMap((scope) => groupsOf(rules.filter((rule) => rule.scope === scope))),
    ...(rules.length === 0 ? [{ label: "No rules yet", detail: "Always allow… on an approval makes one" }] : []),
    separator("Actions"),
    { label: "$(beaker) Test a command…", detail: "Which rule would it meet?", does: "test" },
    { label: "$(go-to-file) Open default.rules", detail: "Where rules are written by hand", does: "openFile" },
  ];
}

function groupsOf(rules: readonly Rule[]): Item[] {
  const here = localFolders();
  const groups = Map.groupBy(rules, ({ scope, workspace }) => scopeTitle(scope, workspace, here));
  return [...groups].flatMap(([title, members]) => [separator(title), ...members.map(itemOf)]);
}

function itemOf(rule: Rule): Item {
  return {
    label: patternWords(rule),
    description: decisionWords(rule),
    detail: sourceWords(rule),
    buttons: [{ iconPath: new vscode.ThemeIcon("trash"), tooltip: "Remove this rule" }],
    rule,
  };
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

async function showRules(ctx: RunningCtx): Promise<"test" | "openFile" | "done"> {
  const pick = vscode.window.createQuickPick<Item>();
  Object.assign(pick, {
    title: "Manage Approvals",
    placeholder: "Rules for commands; deny beats ask beats allow. The bin removes one.",
    matchOnDescription: true,
    matchOnDetail: true,
    // A question before a removal must not close the list.
    ignoreFocusOut: true,
    keepScrollPosition: true,
    busy: true,
  });
  const rules = new RuleList(ctx, pick);
  const { promise, resolve } = Promise.withResolvers<"test" | "openFile" | "done">();
  const listening = [
    pick,
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item?.does !== undefined) resolve(item.does);
    }),
    pick.onDidTriggerItemButton(({ item }) => void rules.remove(item)),
    pick.onDidHide(() => resolve("done")),
    // The file is followed besides: by hand, by another window, and by answers that outlive their question.
    ctx.notifications.on("serverRequest/resolved", () => void rules.refresh()),
    ctx.notifications.on("item/completed", () => void rules.refresh()),
    await watchRules(ctx, () => void rules.refresh()),
  ];
  pick.show();
  await rules.refresh();
  try {
    return await promise;
  } finally {
    for (const subscription of listening) subscription.dispose();
  }
}

/** What the list shows, as the server knows it. */
class RuleList {
  readonly #ctx: RunningCtx;
  readonly #pick: vscode.QuickPick<Item>;
  readonly #threadId: string | null;

  constructor(ctx: RunningCtx, pick: vscode.QuickPick<Item>) {
    this.#ctx = ctx;
    this.#pick = pick;
    this.#threadId = ctx.turns.shownThreadId;
  }

  async refresh(): Promise<void> {
    try {
      this.#pick.items = itemsOf(await this.#ctx.client.request("belay/rule/list", { threadId: this.#threadId }));
    } catch (error) {
      this.#pick.items = [{ label: `$(error) ${messageOf(error)}`, alwaysShow: true }];
    } finally {
      this.#pick.busy = false;
    }
  }

  async remove({ rule }: Item): Promise<void> {
    if (rule === undefined) return;
    const question = removalQuestion(rule);
    const yes = "Remove Rule";
    if (question !== null) {
      const detail = "What it holds back may then run, by other rules or unasked in the sandbox.";
      if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
    }
    try {
      await this.#ctx.client.request("belay/rule/remove", { id: rule.id, threadId: this.#threadId });
    } catch (error) {
      void vscode.window.showErrorMessage(messageOf(error));
    }
    await this.refresh();
  }
}

/** Tells what would become of one command after another. */
async function testCommand(ctx: RunningCtx): Promise<"back" | "done"> {
  const box = vscode.window.createInputBox();
  Object.assign(box, {
    title: "Test a Command",
    prompt: "Nothing is run. Enter says what would happen and which rule says so.",
    placeholder: "npm test -- --watch",
    ignoreFocusOut: true,
    buttons: [vscode.QuickInputButtons.Back],
  });
  const { promise, resolve } = Promise.withResolvers<"back" | "done">();
  const listening = [
    box,
    box.onDidAccept(async () => {
      const command = box.value.trim();
      if (command === "") return;
      const said = await verdictOf(ctx, command);
      if (box.value.trim() === command) box.validationMessage = said;
    }),
    box.onDidChangeValue(() => {
      box.validationMessage = undefined;
    }),
    box.onDidTriggerButton(() => resolve("back")),
    box.onDidHide(() => resolve("done")),
  ];
  box.show();
  try {
    return await promise;
  } finally {
    for (const subscription of listening) subscription.dispose();
  }
}

async function verdictOf({ client, turns }: RunningCtx, command: string): Promise<vscode.InputBoxValidationMessage> {
  const { Info, Warning, Error: Bad } = vscode.InputBoxValidationSeverity;
  try {
    const threadId = turns.shownThreadId;
    const cwd = folderInUse()?.cwd ?? null;
    const check = await client.request("belay/policy/check", { command, threadId, cwd });
    const severity = { run: Info, ask: Warning, forbid: Bad }[check.verdict];
    return { message: verdictWords(check), severity };
  } catch (error) {
    return { message: messageOf(error), severity: Bad };
  }
}

async function openRules(ctx: RunningCtx): Promise<void> {
  const path = await rulesPath(ctx);
  if (path === null) throw new Error("The server does not say where its rules are.");
  // An empty file is a file of no rules: there is something to write into.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await (await open(path, "a", 0o600)).close();
  await vscode.window.showTextDocument(vscode.Uri.file(path));
}

async function watchRules(ctx: RunningCtx, changed: () => void): Promise<vscode.Disposable> {
  const path = await rulesPath(ctx);
  if (path === null) return { dispose: () => undefined };
  const folder = vscode.Uri.file(dirname(path));
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "default.rules"));
  for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) event(changed);
  return watcher;
}

/** They lie beside the user's config.toml, which the server can name. Null: it cannot. */
async function rulesPath({ client, log }: RunningCtx): Promise<string | null> {
  try {
    const { layers } = await client.request("config/read", { includeLayers: true });
    const names = (layers ?? []).map(({ name }) => name);
    const user = names.find((name) => name.type === "user");
    return user === undefined ? null : join(dirname(user.file), "rules", "default.rules");
  } catch (error) {
    log.debug("The server does not say where its configuration is.", error);
    return null;
  }
}
