// Protected names that do not exist: what a command may do about them, and what stays behind. Nothing does.
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { placeholdersIn } from "../../../server/sandbox/placeholders.ts";
import { Arena, skip, workspaceWrite } from "./real-sandbox.ts";

class Folder {
  readonly state = realpathSync(mkdtempSync("/var/tmp/belay-state-"));
  readonly workspace = realpathSync(mkdtempSync("/var/tmp/belay-ws-"));
  readonly alive = new Set<string>();

  /** Of a process that lives until it is taken out of `alive`. */
  server(owner: string) {
    this.alive.add(owner);
    return placeholdersIn(this.state, { owner, isAlive: (other) => this.alive.has(other) });
  }

  at(name: string): string {
    return join(this.workspace, name);
  }

  [Symbol.dispose](): void {
    for (const folder of [this.state, this.workspace]) rmSync(folder, { recursive: true });
  }
}

test("a placeholder stands as long as one command of one server needs it, and is gone then", () => {
  using folder = new Folder();
  const [first, second] = [folder.server("1 1"), folder.server("2 2")];
  const path = folder.at(".vscode");
  const held = [first.hold([path]), first.hold([path]), second.hold([path])];
  assert.deepEqual(held, [[path], [path], [path]]);
  first.release([path]);
  first.release([path]);
  assert.deepEqual([existsSync(path), second.has(path)], [true, true]);
  second.release([path]);
  assert.deepEqual([readdirSync(folder.workspace), second.has(path)], [[], false]);
});

test("what a killed server left is removed by the next one, but not what others still need", () => {
  using folder = new Folder();
  const [left, shared] = [folder.at(".git"), folder.at(".vscode")];
  folder.server("1 1").hold([left, shared]);
  const living = folder.server("2 2");
  living.hold([shared]);
  folder.alive.delete("1 1");
  folder.server("3 3");
  assert.deepEqual(readdirSync(folder.workspace), [".vscode"]);
  living.release([shared]);
  assert.deepEqual(readdirSync(folder.workspace), []);
});

test("a folder that was there, and a placeholder that somebody filled, are left alone", () => {
  using folder = new Folder();
  const [own, filled] = [folder.at(".vscode"), folder.at(".git")];
  mkdirSync(own);
  const server = folder.server("1 1");
  const held = server.hold([own, filled]);
  writeFileSync(join(filled, "HEAD"), "theirs");
  server.release(held);
  assert.deepEqual(readdirSync(folder.workspace).sort(), [".git", ".vscode"]);
  // It is not taken for one again.
  assert.equal(server.has(filled), false);
});

test("nothing is removed through a link that has come into the way", () => {
  using folder = new Folder();
  const [sub, moved] = [folder.at("sub"), folder.at("moved")];
  mkdirSync(join(moved, ".vscode"), { recursive: true });
  mkdirSync(sub);
  const server = folder.server("1 1");
  const held = server.hold([join(sub, ".vscode")]);
  rmSync(sub, { recursive: true });
  symlinkSync(moved, sub);
  server.release(held);
  assert.ok(existsSync(join(moved, ".vscode")));
});

test("where no folder can be made, none stands", () => {
  using folder = new Folder();
  assert.deepEqual(folder.server("1 1").hold([folder.at("missing/.vscode")]), []);
});

test("a list that is damaged names nothing to remove", () => {
  using folder = new Folder();
  mkdirSync(folder.at(".vscode"));
  writeFileSync(join(folder.state, "placeholders.json"), `{"${folder.at(".vscode")}":`);
  folder.server("1 1");
  assert.ok(existsSync(folder.at(".vscode")));
});

for (const name of [".vscode", ".codex", ".mcp.json"]) {
  test(`a command cannot make ${name} where there is none, and none is left`, { skip }, async () => {
    using arena = new Arena();
    const script = `{ mkdir -p ${name} && echo x > ${name}/f; rmdir ${name}; mv ${name} old; echo x > ${name}; } 2>/dev/null; ls -A`;
    const { output } = await arena.run(script, workspaceWrite);
    assert.equal(output, ".codex\n.git\n.mcp.json\n.vscode\n");
    assert.deepEqual(readdirSync(arena.workspace), [".git"]);
  });
}

test("commands side by side share placeholders, and the last one clears up", { skip }, async () => {
  using arena = new Arena();
  const script = "ls -A; mkdir .vscode && echo MADE; echo x > .vscode/tasks.json && echo WROTE; true";
  const outputs = await Promise.all(Array.from({ length: 5 }, () => arena.run(script, workspaceWrite)));
  for (const { output } of outputs) assert.doesNotMatch(output, /MADE|WROTE/);
  assert.deepEqual(readdirSync(arena.workspace), [".git"]);
});
