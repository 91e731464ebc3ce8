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
    await box.fill("my draft");
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

for (const [gone, words, offers] of [
  ["/home/ada/old", "/home/ada/old. Bring it back, or go on in the folder that is open.", 1],
  [cwd, `${cwd}. Bring it back.`, 0],
] as const) {
  test(
    `a thread whose folder ${gone} is gone says so, and offers the open folder only where that is another`,
    inBrowser,
    async () => {
      await using panel = await openPanel({
        prepare: (host) =>
          host.on("turn/start", () => {
            throw goneFolder(gone);
          }),
      });
      await panel.host.notify("host/state", running);
      await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("go on");
      await panel.page.getByRole("button", { name: "Send" }).click();
      const banner = panel.page.getByRole("alert");
      await banner.getByText(`The folder of this thread is not there any more: ${words}`, { exact: true }).waitFor();
      assert.equal(await banner.getByRole("button", { name: "Use this folder" }).count(), offers);
    },
  );
}
