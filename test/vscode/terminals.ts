// Commands as integrated terminals: live, typed to, closed and opened again, few, and never in the way.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { test } from "../support/vscode/suite.ts";
import { belayWith, choosing, eventOf, expectRequest, inWorkspace, say } from "./belay.ts";
import {
  closeByHand,
  completed,
  opened,
  output,
  plain,
  started,
  succeeded,
  terminalNames,
  threadWith,
} from "./command-items.ts";

const write = { answer: "belay/command/write", with: {} };
const stop = { answer: "belay/command/stop", with: { stopped: true } };
const resize = { answer: "belay/command/resize", with: {} };
const of = (itemId: string) => ({ threadId: "thread-1", itemId });

test("a command that runs for more than a moment has a live terminal with its colours, named after its end", async () => {
  const api = await belayWith("puppet");
  await vscode.window.showTextDocument(inWorkspace("clean.txt"));
  const editor = vscode.window.activeTextEditor;
  const opening = opened("npm test a");
  await say(api, started("a"), output("a", "\x1b[31mfirst\x1b[0m\nsec"));
  const { terminal, shown } = await opening;
  assert.ok((await shown("sec")).includes("\x1b[31mfirst\x1b[0m\r\nsec"));
  await say(api, output("a", "ond"));
  const outcome = {
    status: "failed",
    exitCode: 1,
    durationMs: 1_234,
    aggregatedOutput: "\x1b[31mfirst\x1b[0m\nsecond\nlast\n",
  };
  await say(api, completed("a", outcome));
  assert.equal(
    plain(await shown("1.2 s]")).replace(/\[It has no terminal.*\]\r\n/, ""),
    "/work $ npm test a\r\nfirst\r\nsecond\r\nlast\r\n[exit code 1, 1.2 s]\r\n",
  );
  assert.equal(vscode.window.activeTextEditor, editor, "the focus stays where it was");
  assert.equal(await api.ctx.terminals.reveal(of("a")), true);
  assert.equal(terminal.exitStatus, undefined, "a terminal that was closed cannot be read any more");
});

test("a command that is over at once has no terminal until a person asks for one", async () => {
  const api = await belayWith("puppet");
  await say(api, started("fast"), output("fast", "ok\n"), completed("fast"), threadWith("fast", succeeded));
  assert.deepEqual(
    terminalNames().filter((name) => name.includes("fast")),
    [],
  );
  const opening = opened("npm test fast");
  assert.equal(await api.ctx.terminals.reveal(of("fast")), true);
  const { terminal, shown } = await opening;
  assert.equal(plain(await shown("5 ms]")), "/work $ npm test fast\r\nok\r\n[exit code 0, 5 ms]\r\n");
  assert.equal(terminal.name, "✓ npm test fast");
  assert.equal(vscode.window.activeTerminal, terminal);
});

test("a declined command leaves no terminal, and has none to open", async () => {
  const api = await belayWith("puppet");
  const declined = { status: "declined", exitCode: null, aggregatedOutput: null };
  await say(api, started("b"), completed("b", declined), threadWith("b", declined));
  assert.equal(await api.ctx.terminals.reveal(of("b")), false);
  assert.equal(await api.ctx.terminals.reveal(of("never")), false);
});

test("a command that waits for an approval has no terminal before it may run", async () => {
  const api = await belayWith("puppet");
  const params = { ...of("w"), turnId: "turn-1", kind: "command" };
  await say(api, started("w"));
  const answered = say(api, { ask: "item/commandExecution/requestApproval", id: "approval-w", params });
  const other = opened("npm test x");
  await say(api, started("x"));
  await other;
  assert.deepEqual(
    terminalNames().filter((name) => name.endsWith(" w")),
    [],
  );
  const opening = opened("npm test w");
  await say(api, { notify: "serverRequest/resolved", params: { threadId: "thread-1", requestId: "approval-w" } });
  await Promise.all([answered, opening]);
  await say(api, completed("w"), completed("x"));
});

test("typing and Ctrl+C go to a command that has a terminal, and so does its size", async () => {
  const api = await belayWith("puppet");
  const opening = opened("npm test tty");
  await say(api, write, resize, started("tty", { tty: true }));
  const { terminal } = await opening;
  terminal.show(true);
  const { size, ...resized } = await expectRequest<{ size: { rows: number; cols: number } }>(api, resize.answer);
  assert.deepEqual(resized, of("tty"));
  assert.ok(size.rows > 0 && size.cols > 0);
  terminal.sendText("Ada");
  assert.deepEqual(await expectRequest(api, write.answer), { ...of("tty"), text: "Ada\r" });
  terminal.sendText("\x03", false);
  assert.deepEqual(await expectRequest(api, write.answer), { ...of("tty"), text: "\x03" });
  await say(api, completed("tty"));
});

test("a command without a terminal says that it cannot be typed to, and Ctrl+C stops it", async () => {
  const api = await belayWith("puppet");
  const opening = opened("npm test pipes");
  await say(api, stop, started("pipes"));
  const { terminal, shown } = await opening;
  await shown("[It has no terminal, so it cannot be typed to. Ctrl+C stops it.]");
  terminal.sendText("\x03", false);
  assert.deepEqual(await expectRequest(api, stop.answer), of("pipes"));
  await say(api, completed("pipes", { status: "failed", exitCode: null, ending: "stopped", aggregatedOutput: "" }));
  await shown("[stopped, 5 ms]");
});

test("closing the terminal of a running command asks; kept, it opens again with the output so far", async () => {
  const api = await belayWith("puppet");
  const opening = opened("npm test close");
  await say(api, stop, started("close"), output("close", "before\n"));
  const { terminal } = await opening;
  const asked = Promise.withResolvers<void>();
  const questions = await choosing("Keep Running", async () => {
    await closeByHand(terminal);
    await say(api, output("close", "meanwhile\n"));
    setImmediate(asked.resolve);
    await asked.promise;
  });
  assert.deepEqual(questions, ["Stop `npm test close`? Its terminal was closed."]);
  const again = opened("npm test close");
  assert.equal(await api.ctx.terminals.reveal(of("close")), true);
  const reopened = await again;
  await reopened.shown("before\r\nmeanwhile\r\n");
  await choosing("Stop Command", async () => {
    await closeByHand(reopened.terminal);
    assert.deepEqual(await expectRequest(api, stop.answer), of("close"));
  });
  await say(api, completed("close", { status: "failed", exitCode: null, ending: "stopped" }));
});

test("terminals stay closed until asked for where the setting says so", async () => {
  const api = await belayWith("puppet");
  const settings = vscode.workspace.getConfiguration("belay");
  await settings.update("terminals", "onDemand", vscode.ConfigurationTarget.Global);
  await say(api, started("quiet"), output("quiet", "so far\n"));
  await settings.update("terminals", undefined, vscode.ConfigurationTarget.Global);
  const other = opened("npm test loud");
  await say(api, started("loud"));
  await other;
  assert.deepEqual(
    terminalNames().filter((name) => name.includes("quiet")),
    [],
  );
  const opening = opened("npm test quiet");
  assert.equal(await api.ctx.terminals.reveal(of("quiet")), true);
  await (await opening).shown("so far\r\n");
  await say(api, completed("quiet"), completed("loud"));
});

test("a hundred commands leave five terminals, the newest, and output that stays readable", async () => {
  const api = await belayWith("puppet");
  for (const terminal of vscode.window.terminals) terminal.dispose();
  for (let count = 0; count < 90; count += 1) await say(api, started(`s${count}`), completed(`s${count}`));
  assert.ok(terminalNames().length <= 5, terminalNames().join(", "));
  const long = Array.from({ length: 10 }, (_, index) => `long${index}`);
  const opening = long.map((id) => opened(`npm test ${id}`));
  await say(api, ...long.map((id) => started(id)));
  await Promise.all(opening);
  const closing = eventOf("all but five to close", vscode.window.onDidCloseTerminal, () => terminalNames().length <= 5);
  for (const id of long) await say(api, completed(id));
  await closing;
  assert.equal(terminalNames().length, 5);
  const newest = terminalNames().slice(-4);
  assert.deepEqual(
    newest.map((name) => name.slice(-5)),
    long.slice(6),
  );
});
