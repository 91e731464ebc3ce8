// The manifest and the code say the same: commands, settings, words, views, activation.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import "./extension/without-vscode.ts";

const { commands } = await import("../extension/commands.ts");
const { settings } = await import("../extension/config.ts");

const root = new URL("..", import.meta.url);
const text = readFileSync(new URL("package.json", root), "utf8");
const manifest = JSON.parse(text);
const words: Record<string, string> = JSON.parse(readFileSync(new URL("package.nls.json", root), "utf8"));
const { contributes } = manifest;
const contributedCommands: string[] = contributes.commands.map(({ command }: { command: string }) => command);

test("the manifest has the commands of the table, in its order, except the internal ones", () => {
  const table = commands.filter(({ internal }) => internal !== true).map(({ id }) => id);
  assert.deepEqual(contributedCommands, table);
});

test("every command has the product as category and a title without it", () => {
  for (const { command, category, title } of contributes.commands) {
    const said = words[title.slice(1, -1)] ?? "";
    assert.equal(category, "Belay", command);
    assert.ok(said !== "" && !said.includes("Belay"), `${command} is titled ${said}`);
  }
});

test("menus and keybindings name commands that exist, and each keybinding has a `when`", () => {
  const menuItems = Object.values<{ command: string }[]>(contributes.menus).flat();
  for (const { command } of [...menuItems, ...contributes.keybindings])
    assert.ok(contributedCommands.includes(command), command);
  for (const { command, when } of contributes.keybindings) assert.ok(when, `${command} would shadow a key everywhere`);
});

test("the manifest has the settings of the table, and no workspace can set them", () => {
  const properties: Record<string, { scope: string }> = Object.assign(
    {},
    ...contributes.configuration.map((group: { properties: object }) => group.properties),
  );
  assert.deepEqual(
    Object.keys(properties),
    settings.map(({ setting }) => setting),
  );
  assert.deepEqual(
    Object.entries(properties).filter(([, { scope }]) => scope !== "machine"),
    [],
  );
  const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  assert.deepEqual(restrictedConfigurations, Object.keys(properties));
});

test("every %key% has its words, and no words are left over", () => {
  const used = new Set([...text.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
  assert.deepEqual(used, new Set(Object.keys(words)));
});

// Once the window stands, because marks of what waits for review must be there without anybody opening Belay. Nothing
// earlier, and nothing by what a workspace has in it.
test("Belay activates when VS Code has started and nothing else waits for it, not before", () => {
  const events: string[] = manifest.activationEvents;
  assert.ok(events.includes("onStartupFinished"));
  assert.deepEqual(
    events.filter((event) => !/^(onStartupFinished|onUri|onWebviewPanel:.+)$/.test(event)),
    [],
  );
});

test("every view that a `when` names exists", () => {
  const views = Object.values<{ id: string }[]>(contributes.views)
    .flat()
    .map(({ id }) => id);
  const named = [...text.matchAll(/\bview [!=]= ([\w.]+)/g)].map(([, id]) => id);
  assert.deepEqual(
    named.filter((id) => id === undefined || !views.includes(id)),
    [],
  );
  const containers = Object.values<{ id: string }[]>(contributes.viewsContainers)
    .flat()
    .map(({ id }) => id);
  assert.deepEqual(
    Object.keys(contributes.views).filter((id) => !containers.includes(id)),
    [],
  );
});

// It follows a page by a look every 250 ms, and stays wrong behind one that tells of its focus when that has moved on.
test("no key asks which view VS Code takes for the focused one", () => {
  assert.doesNotMatch(text, /focusedView/);
});

test("every picture the manifest names is there", () => {
  for (const [, path] of text.matchAll(/"(media\/[^"]+)"/g)) assert.ok(existsSync(new URL(path ?? "", root)), path);
});

test("the VSIX carries what the manifest names", () => {
  const packaged = readFileSync(new URL(".vscodeignore", root), "utf8");
  const named = [...text.matchAll(/"(?:\.\/)?((?:media|dist)\/[^"]+)"/g)].map(([, path]) => path);
  assert.deepEqual(
    named.filter((path) => !packaged.includes(`!${path}\n`)),
    [],
  );
});
