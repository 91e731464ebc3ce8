// A thread that another window writes to, one that is not being saved, and one whose folder is gone.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { activeWriter, goneFolder } from "../../server/protocol/rpc/errors.ts";
import { cwd, opened, running, thread, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const forkId = "019a0000-0000-7000-8000-00000000000f";
const writer = { pid: 7, host: "box", client: "Visual Studio Code" };

test(
  "a thread that another window writes to can be read, refreshed and forked, and the draft stays",
  inBrowser,
  async () => {
    let isHeld = true;
    await using panel = await openPanel({
      kept: { drafts: { [threadId]: "my draft" } },
      prepare(host) {
        host.on("thread/resume", () => {
          if (isHeld) throw activeWriter(threadId, writer);
          return opened({ turns: [turn({ itemsView: "full" })] });
        });
        host.on("thread/read", () => ({ thread: thread({ turns: [turn({ itemsView: "full" })] }) }));
        host.on("thread/fork", () => opened({ id: forkId, preview: "Forked", turns: [] }));
      },
    });
    await panel.host.notify("host/state", running);
    const box = panel.page.getByRole("textbox", { name: "Message Belay" });
    await panel.host.notify("host/showThread", { threadId });
    const words = "open in another window (Visual Studio Code, process 7, on box).";
    await panel.page.getByText(`This thread is ${words}`).waitFor();
    assert.ok(await box.isDisabled());
    assert.equal(await panel.page.getByRole("button", { name: "Send" }).isDisabled(), true);
    await panel.page.getByRole("button", { name: "Read only" }).click();
    assert.deepEqual(await panel.host.expectCall("thread/read"), { threadId, includeTurns: true });
    await panel.page.getByText(`You read this thread as it was a moment ago. It is ${words}`).waitFor();
    await panel.page.getByRole("button", { name: "Refresh" }).click();
    await panel.host.expectCall("thread/read", 2);
    await panel.page.getByRole("button", { name: "Fork" }).click();
    assert.deepEqual(await panel.host.expectCall("thread/fork"), { threadId });
    await panel.page.getByRole("heading", { level: 1, name: "Forked" }).waitFor();
    assert.deepEqual([await box.isDisabled(), await box.inputValue()], [false, "my draft"]);
    isHeld = false;
    await panel.host.notify("host/showThread", { threadId });
    await panel.page.getByText("open in another window").waitFor({ state: "detached" });
    assert.equal(await box.isDisabled(), false);
  },
);

test("a thread that is not being saved says why and what helps until it is saved again", inBrowser, async () => {
  await using panel = await openPanel();
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.host.expectCall("thread/resume");
  const trouble = { kind: "waiting" as const, cause: "The disk of /x is full.", cure: "Free some space on it." };
  await panel.host.notify("belay/thread/saving/updated", { threadId, trouble });
  const banner = panel.page.getByRole("alert");
  await banner.getByText("This thread is not being saved: The disk of /x is full. Free some space on it.").waitFor();
  assert.equal(await banner.getByRole("button").count(), 0);
  await panel.host.notify("belay/thread/saving/updated", { threadId, trouble: null });
  await banner.waitFor({ state: "detached" });
});

test("of a thread in the window's own folder, which is gone, only that is said which helps", inBrowser, async () => {
  await using panel = await openPanel({
    prepare: (host) =>
      host.on("turn/start", () => {
        throw goneFolder(cwd);
      }),
  });
  await panel.host.notify("host/state", running);
  await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("go on");
  await panel.page.getByRole("button", { name: "Send" }).click();
  const banner = panel.page.getByRole("alert");
  await banner.getByText(`The folder of this thread is gone: ${cwd}. Bring it back.`, { exact: true }).waitFor();
  assert.equal(await banner.getByRole("button", { name: "Use this folder" }).count(), 0);
});

test("a thread that another window writes to is not drawn as a new one before it is read", inBrowser, async () => {
  await using panel = await openPanel();
  panel.host.on("thread/resume", () => {
    throw activeWriter(threadId, null);
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByText("This thread is open in another window.").waitFor();
  assert.equal(await panel.page.getByRole("region", { name: "Things to try" }).count(), 0);
  await panel.page.getByRole("heading", { level: 1, name: "Thread without a title" }).waitFor();
});

test(
  "where the folder of a thread is gone, it is said which one, and the thread goes on in that of the window",
  inBrowser,
  async () => {
    await using panel = await openPanel();
    const { host, page } = panel;
    await host.notify("host/state", running);
    await host.notify("host/showThread", { threadId });
    await host.expectCall("thread/resume");
    host.on("turn/start", () => {
      throw goneFolder("/home/ada/till");
    });
    await page.getByRole("textbox", { name: "Message Belay" }).fill("Go on");
    await page.getByRole("button", { name: "Send" }).click();
    const words =
      "The folder of this thread is gone: /home/ada/till. Bring it back, or go on in shop, the folder of this window.";
    await page.getByRole("alert").getByText(words).waitFor();
    await page.getByRole("button", { name: "Use this folder" }).click();
    assert.deepEqual(await host.expectCall("thread/resume", 2), { threadId, cwd });
    await page.getByRole("alert").waitFor({ state: "detached" });
    assert.equal(await page.getByRole("textbox", { name: "Message Belay" }).inputValue(), "Go on");
  },
);
