// What Belay changed, in the panel: to review, to undo, to do again, and the ways back to before a prompt.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { at, cartChange, cwd, item, opened, running, threadId, turn, turnId } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, type PanelOptions, whyNoPanel } from "./support/panel-page.ts";
import { pending, restored, turnChanges } from "./support/review.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const button = ({ page }: OpenPanel, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const strip = ({ page }: OpenPanel) => page.getByRole("region", { name: "Changes to review" });
const box = ({ page }: OpenPanel) => page.getByRole("textbox", { name: "Message Belay" });
const turnEnd = async ({ page }: OpenPanel) =>
  (await page.locator(".turn-end").innerText()).replaceAll(/\s+/g, " ").trim();
const openMenu = (panel: OpenPanel) => button(panel, "Edit or revert to here").click();
const called = ({ host }: OpenPanel, ...methods: string[]) =>
  host.calls.filter(({ method }) => methods.includes(method)).map(({ method }) => method);
const said = turn({ status: "completed", items: [item.user("Go")], itemsView: "full" });
/** Waits for a sentence above the composer. */
const told = ({ page }: OpenPanel, sentence: string) => page.getByText(sentence).waitFor();

/** A thread whose only turn changed a file. */
async function changed(options: PanelOptions = {}, items = [item.files([cartChange])]): Promise<OpenPanel> {
  const shown = turn({ status: "completed", items: [item.user("Go"), ...items], itemsView: "full" });
  const panel = await openPanel({
    ...options,
    prepare(host) {
      host.on("thread/resume", () => opened({ turns: [shown] }));
      host.on("belay/files/turns", () => ({ turns: [turnChanges(["src/cart.ts", "built.js"])] }));
      host.on("belay/files/restore", () => restored("done"));
      options.prepare?.(host);
    },
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByRole("region", { name: "Go" }).waitFor();
  return panel;
}

test(
  "the end of a turn says what it changed, its commands included, and that it is undone, and does it again",
  inBrowser,
  async () => {
    await using panel = await changed();
    await button(panel, "Undo turn").waitFor();
    assert.equal(await turnEnd(panel), "2 files +12 −4 Undo turn");
    await button(panel, "Undo turn").click();
    const undo = { threadId, turnIds: [turnId], direction: "undo" };
    assert.deepEqual(await panel.host.expectCall("belay/files/restore"), undo);
    const undone = turnChanges(["src/cart.ts", "built.js"], { state: "undone" });
    await panel.host.notify("belay/files/updated", { threadId, turns: [undone] });
    await panel.page.getByText("Undone", { exact: true }).waitFor();
    assert.equal(await turnEnd(panel), "2 files +12 −4 Undone Redo");
    await button(panel, "Redo").click();
    assert.deepEqual(await panel.host.expectCall("belay/files/restore", 2), { ...undo, direction: "redo" });
    await panel.host.notify("belay/files/updated", { threadId, turns: [{ ...undone, state: "partlyUndone" }] });
    await panel.page.getByText("Partly undone", { exact: true }).waitFor();
    assert.equal(await turnEnd(panel), "2 files +12 −4 Partly undone Undo turn Redo");
  },
);

test(
  "what could not be captured is said, with the reason, and a turn of nothing else has no Undo",
  inBrowser,
  async () => {
    const notCaptured = [{ path: `${cwd}/app.bin`, reason: "it is larger than 20 MB" }];
    const turns = [turnChanges(["app.bin"], { notCaptured, added: 0, removed: 0 })];
    await using panel = await changed({ prepare: (host) => host.on("belay/files/turns", () => ({ turns })) });
    await panel.page.getByTitle(`${cwd}/app.bin: it is larger than 20 MB`).waitFor();
    assert.equal(await turnEnd(panel), "1 file cannot be undone");
  },
);

test("a turn whose commands were not watched says so, and does not call that a file", inBrowser, async () => {
  const reason = "what a command changed was not watched: the workspace has more than 20000 files";
  const turns = [turnChanges(["src/cart.ts"], { notCaptured: [{ path: cwd, reason }], added: 1, removed: 0 })];
  await using panel = await changed({ prepare: (host) => host.on("belay/files/turns", () => ({ turns })) });
  await panel.page.getByTitle(`${cwd}: ${reason}`).waitFor();
  assert.equal(await turnEnd(panel), "1 file +1 commands not watched Undo turn");
});

test("a file that was changed for threads of two folders counts once", inBrowser, async () => {
  const other = pending("src/cart.ts", { turns: [{ ...at, turnId: "elsewhere" }] });
  const files = [other, pending("src/cart.ts")];
  await using panel = await changed({ prepare: (host) => host.on("belay/review/list", () => ({ files })) }, [
    item.files([cartChange], { id: "f1" }),
  ]);
  await panel.page.getByText("1 file to review", { exact: true }).waitFor();
  await button(panel, "Keep cart.ts").waitFor();
});

for (const outcome of ["needsMerge", "conflict"] as const) {
  test(`an undo that is ${outcome} goes on in the editor, which shows it`, inBrowser, async () => {
    await using panel = await changed({ prepare: (host) => host.on("belay/files/restore", () => restored(outcome)) });
    await button(panel, "Undo turn").click();
    assert.deepEqual(await panel.host.expectCall("host/undoTurn"), { threadId, turnIds: [turnId] });
  });
}

test("an undo that failed says why", inBrowser, async () => {
  const answer = restored("failed", "The disk is full.");
  await using panel = await changed({ prepare: (host) => host.on("belay/files/restore", () => answer) });
  await button(panel, "Undo turn").click();
  await told(panel, "The disk is full.");
});

test(
  "a file that waits for review is kept or undone from its card; one of another turn is not",
  inBrowser,
  async () => {
    const other = { ...cartChange, path: `${cwd}/src/other.ts` };
    const files = [pending("src/cart.ts"), pending("src/other.ts", { turns: [{ ...at, turnId: "elsewhere" }] })];
    await using panel = await changed(
      {
        prepare(host) {
          host.on("belay/review/list", () => ({ files }));
          host.on("belay/review/keep", () => restored("done"));
          host.on("belay/review/undo", () => restored("conflict"));
        },
      },
      [item.files([cartChange], { id: "f1" }), item.files([other], { id: "f2" })],
    );
    await button(panel, "Keep cart.ts").click();
    assert.deepEqual(await panel.host.expectCall("belay/review/keep"), { cwd, path: files[0]?.path });
    await button(panel, "Undo cart.ts").click();
    assert.deepEqual(await panel.host.expectCall("host/review"), { verb: "undo", path: files[0]?.path });
    assert.equal(await button(panel, "Keep other.ts").count(), 0);
  },
);

test("a proposed file says so until it is kept, in its card and in what Keep does", inBrowser, async () => {
  const file = pending("src/cart.ts", { state: "proposed", warning: "It can change what programs run." });
  await using panel = await changed({ prepare: (host) => host.on("belay/review/list", () => ({ files: [file] })) }, [
    item.files([cartChange], { isProposed: true }),
  ]);
  await panel.page.getByText("Proposed", { exact: true }).waitFor();
  await panel.page.getByTitle("Writes what is proposed for cart.ts").waitFor();
  await panel.page.getByText("It can change what programs run.").waitFor();
  panel.host.on("belay/review/list", () => ({ files: [] }));
  await panel.host.notify("belay/review/updated", { cwd });
  await panel.page.getByText("Proposed", { exact: true }).waitFor({ state: "detached" });
  await panel.page.getByText("was proposed", { exact: true }).waitFor();
});

test("above the composer stands how much is to review, and goes when nothing is", inBrowser, async () => {
  const files = [pending("a.ts", { added: 8 }), pending("b.ts"), pending("c.ts", { added: 3, removed: 2 })];
  await using panel = await changed({
    prepare(host) {
      host.on("belay/review/list", () => ({ files }));
      host.on("belay/review/keep", () => restored("done"));
    },
  });
  await strip(panel).waitFor();
  const words = (await strip(panel).innerText()).replaceAll(/\s+/g, " ").trim();
  assert.equal(words, "3 files to review +12 −4 Review Keep all Undo all");
  // One line at every width: numbers give way first, then what the name of the region says as well.
  const height = async (width: number) => {
    await panel.page.setViewportSize({ width, height: 600 });
    return strip(panel).evaluate((element) => element.getBoundingClientRect().height);
  };
  assert.deepEqual([await height(600), await height(420), await height(300)], [24, 24, 24]);
  assert.equal(await strip(panel).getByText("to review").isVisible(), false);
  await strip(panel).getByRole("button", { name: "Review" }).click();
  assert.deepEqual(await panel.host.expectCall("host/review"), { verb: "show", path: null });
  await button(panel, "Undo all").click();
  assert.deepEqual(await panel.host.expectCall("host/review", 2), { verb: "undo", path: null });
  await button(panel, "Keep all").click();
  assert.deepEqual(await panel.host.expectCall("belay/review/keep"), { cwd, path: null });
  panel.host.on("belay/review/list", () => ({ files: [] }));
  await panel.host.notify("belay/review/updated", { cwd });
  await strip(panel).waitFor({ state: "detached" });
});

test(
  "files and conversation: the files first, then the conversation, and the prompt is in the composer again",
  inBrowser,
  async () => {
    await using panel = await changed();
    panel.host.on("thread/revert", () => ({
      thread: opened().thread,
      turnsBackwardsCursor: null,
      itemsBackwardsCursor: null,
    }));
    await button(panel, "Undo turn").waitFor();
    await box(panel).fill("a thought");
    await openMenu(panel);
    await panel.page.getByRole("menuitem", { name: "Files and conversation" }).click();
    assert.deepEqual(await panel.host.expectCall("thread/revert"), { threadId, beforeTurnId: turnId });
    assert.deepEqual(await panel.host.expectCall("belay/files/restore"), {
      threadId,
      fromTurnId: turnId,
      direction: "undo",
    });
    assert.deepEqual(called(panel, "belay/files/restore", "thread/revert"), ["belay/files/restore", "thread/revert"]);
    panel.host.on("thread/resume", () => opened({ turns: [] }));
    await panel.host.notify("thread/reverted", { threadId });
    await panel.page.getByRole("region", { name: "Go" }).waitFor({ state: "detached" });
    await panel.page.waitForFunction(() => document.querySelector("textarea")?.value === "Go\n\na thought");
  },
);

test("where files do not fit together and stay, nothing happens to the conversation", inBrowser, async () => {
  const answers = [restored("conflict"), restored("conflict")];
  await using panel = await changed({
    prepare: (host) => host.on("belay/files/restore", () => answers.shift() ?? assert.fail()),
  });
  await button(panel, "Undo turn").waitFor();
  await openMenu(panel);
  await panel.page.getByRole("menuitem", { name: "Files and conversation" }).click();
  assert.deepEqual(await panel.host.expectCall("host/undoTurn"), { threadId, fromTurnId: turnId });
  assert.equal((await panel.host.expectCall("belay/files/restore", 2))["dryRun"], true);
  await panel.page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual(called(panel, "thread/revert"), []);
  assert.equal(await box(panel).inputValue(), "");
});

test("conversation only leaves files alone, and files only the conversation", inBrowser, async () => {
  await using panel = await changed();
  panel.host.refuse("thread/revert", "turn not found: turn-1");
  await button(panel, "Undo turn").waitFor();
  await openMenu(panel);
  await panel.page.getByRole("menuitem", { name: "Files only" }).click();
  await panel.host.expectCall("belay/files/restore");
  await openMenu(panel);
  await panel.page.getByRole("menuitem", { name: "Conversation only" }).click();
  await told(panel, "turn not found: turn-1");
  assert.deepEqual(called(panel, "belay/files/restore", "thread/revert"), ["belay/files/restore", "thread/revert"]);
  assert.equal(await box(panel).inputValue(), "");
});

test(
  "the menu of a prompt is walked with arrows and left with Escape; without changed files it has one way",
  inBrowser,
  async () => {
    await using panel = await changed({ prepare: (host) => host.on("belay/files/turns", () => ({ turns: [] })) });
    await openMenu(panel);
    const names = () => panel.page.getByRole("menuitem").evaluateAll((all) => all.map((each) => each.ariaLabel));
    assert.deepEqual(await names(), ["Edit and resend"]);
    await panel.page.keyboard.press("Escape");
    await panel.host.notify("belay/files/updated", { threadId, turns: [turnChanges(["a.ts"])] });
    await button(panel, "Undo turn").waitFor();
    await panel.page.keyboard.press("Enter");
    await panel.page.keyboard.press("ArrowUp");
    await panel.page.getByRole("menuitem", { name: "Files only" }).waitFor();
    assert.deepEqual(await names(), ["Files and conversation", "Conversation only", "Files only"]);
    assert.equal(await panel.page.evaluate(() => document.activeElement?.ariaLabel), "Files only");
  },
);

test("while a turn runs no prompt can be reverted", inBrowser, async () => {
  await using panel = await changed();
  await button(panel, "Edit or revert to here").waitFor({ state: "attached" });
  await panel.host.notify("turn/started", { threadId, turn: turn({ id: "turn-2" }) });
  await button(panel, "Edit or revert to here").waitFor({ state: "detached" });
});

test(
  "propose only is switched on and off in the mode menu, says so beside it, and goes along with the prompt",
  inBrowser,
  async () => {
    await using panel = await changed();
    const mode = panel.page.getByRole("combobox", { name: "Mode", exact: true });
    await mode.selectOption({ label: "Propose only: nothing is written until you keep it" });
    await panel.page.getByText("propose only", { exact: true }).waitFor();
    assert.equal(await mode.inputValue(), "agent");
    await box(panel).fill("Do it");
    await box(panel).press("Enter");
    assert.equal((await panel.host.expectCall("turn/start"))["edits"], "propose");
    await mode.selectOption({ label: "Write edits at once, to be reviewed and undone" });
    await panel.page.getByText("propose only", { exact: true }).waitFor({ state: "detached" });
  },
);

test("a thread that only proposes says so when it is opened", inBrowser, async () => {
  await using panel = await changed({
    prepare: (host) => host.on("thread/resume", () => opened({ turns: [said] }, { edits: "propose" })),
  });
  await panel.page.getByText("propose only", { exact: true }).waitFor();
});
