// The thread on screen: names for screen readers, streaming, what opens, what is safe.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { ThreadItem, ThreadItemOf } from "../../server/protocol/item.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import { beingWritten, newFile } from "./support/edit-scenes.ts";
import {
  at,
  cartChange,
  completes,
  cwd,
  item,
  opened,
  running,
  starts,
  threadId,
  tokens,
  turn,
  turnId,
} from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, type PanelOptions, whyNoPanel } from "./support/panel-page.ts";
import { picture } from "./support/question-scenes.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const log = ({ page }: OpenPanel) => page.getByRole("log", { name: "Thread" });
const article = ({ page }: OpenPanel, name: string) => page.getByRole("article", { name, exact: true });

async function showing(items: ThreadItem[], parts: Partial<Turn> = {}, options: PanelOptions = {}): Promise<OpenPanel> {
  const panel = await openPanel({
    ...options,
    prepare: (host) =>
      host.on("thread/resume", () => opened({ turns: [turn({ items: [item.user("Go"), ...items], ...parts })] })),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByRole("region", { name: "Go" }).waitFor();
  return panel;
}

test("every item is an article that says what it is and how it stands", inBrowser, async () => {
  const open = { status: "inProgress" as const, exitCode: null, durationMs: null };
  await using panel = await showing([
    item.reasoning("Hm."),
    item.read("src/a.ts"),
    item.answer("Well."),
    item.command("npm test", { id: "c1" }),
    item.command("npm run lint", { id: "c2", status: "failed", exitCode: 1 }),
    item.command("rm -rf dist", { id: "c3", status: "declined", exitCode: null }),
    item.command("npm start", { id: "c4", ...open }),
    item.command("sleep 99", { id: "c5", status: "failed", exitCode: null }),
    item.files([cartChange], { id: "f1", status: "declined" }),
    item.files([{ path: `${cwd}/b.ts`, kind: { type: "add" }, diff: "b" }], { id: "f3" }),
    item.files([{ path: `${cwd}/b.ts`, kind: { type: "delete" }, diff: "b" }], { id: "f4" }),
    item.files([{ ...cartChange, kind: { type: "update", move_path: `${cwd}/src/basket.ts` } }], { id: "f5" }),
    item.files([cartChange, { ...cartChange, path: `${cwd}/b.ts` }], { id: "f2" }),
    { type: "hologram", id: "h1" } as never,
  ]);
  const names = await log(panel)
    .getByRole("article")
    .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  assert.deepEqual(names, [
    "Reasoning",
    "Tool call: Read src/a.ts, completed",
    "Answer",
    "Command: npm test, completed",
    "Command: npm run lint, failed",
    "Command: rm -rf dist, declined",
    "Command: npm start, running",
    "Command: sleep 99, stopped",
    "File change: src/cart.ts, declined",
    "File change: b.ts (created), completed",
    "File change: b.ts (deleted), completed",
    "File change: src/cart.ts → src/basket.ts (renamed), completed",
    "File change: 2 files, completed",
    "Step: hologram",
  ]);
  await panel.page.getByRole("heading", { name: "Go", level: 2 }).waitFor();
});

test("a command that the person ran says so", inBrowser, async () => {
  await using panel = await showing([item.command("npm ci", { source: "userShell" })]);
  const ran = article(panel, "You ran: npm ci, completed");
  assert.match(await ran.innerText(), /^You ran: npm ci/);
});

test("a turn without a prompt has no empty block at its head", inBrowser, async () => {
  await using panel = await openPanel({
    prepare: (host) =>
      host.on("thread/resume", () =>
        opened({ turns: [turn({ status: "completed", items: [item.command("ls", { source: "userShell" })] })] }),
      ),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await article(panel, "You ran: ls, completed").waitFor();
  assert.equal(await panel.page.locator(".prompt").count(), 0);
});

test("a prompt shows its pictures and names what else went along", inBrowser, async () => {
  const content: ThreadItemOf<"userMessage">["content"] = [
    { type: "text", text: "Go", text_elements: [] },
    { type: "image", url: picture },
    { type: "image", url: "https://evil.example/a.png" },
    { type: "localImage", path: "shots/a.png" },
    { type: "audio", url: "data:audio/wav;base64,AAAA" },
    { type: "skill", name: "review", path: "/x/SKILL.md" },
    { type: "mention", name: "a.ts\u202e", path: "/x/a.ts" },
  ];
  const error = { message: "No.", codexErrorInfo: null, additionalDetails: null };
  await using panel = await openPanel({
    prepare: (host) =>
      host.on("thread/resume", () =>
        opened({
          turns: [
            turn({
              status: "failed",
              error,
              items: [
                item.user("", { content }),
                item.user("", { id: "user-2", content: [{ type: "image", url: picture }] }),
              ],
            }),
          ],
        }),
      ),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  const prompt = panel.page.locator(".prompt");
  await panel.page.getByRole("heading", { name: "Go", level: 2, exact: true }).waitFor();
  assert.equal(await prompt.getByRole("img", { name: "Picture" }).count(), 1);
  await prompt
    .getByText("with picture · picture shots/a.png · audio · skill review · @a.ts\\u{202E}", { exact: true })
    .waitFor();
  const added = panel.page.getByRole("article", { name: "Prompt" });
  assert.deepEqual([await added.innerText(), await added.getByRole("img").count()], ["[picture]", 1]);
  await panel.page.waitForFunction(() => [...document.images].every(({ naturalWidth }) => naturalWidth > 0));
  // What would be sent again would be another prompt.
  assert.equal(await panel.page.getByRole("button", { name: "Try again" }).count(), 0);
  assert.deepEqual(panel.foreign, []);
});

test(
  "a tool of a client is named with its namespace, and its pictures are shown if they need no network",
  inBrowser,
  async () => {
    const call = { namespace: "browser", tool: "read_file", arguments: {} };
    await using panel = await showing([
      item.read("", {
        ...call,
        id: "t1",
        contentItems: [
          { type: "inputText", text: "Here:" },
          { type: "inputImage", imageUrl: picture },
          { type: "inputImage", imageUrl: "https://evil.example/a.png" },
          { type: "inputImage", imageUrl: "data:image/svg+xml;base64,AAAA" },
          { type: "inputAudio", audioUrl: "data:audio/wav;base64,AAAA" },
        ],
      }),
      item.read("", { ...call, id: "t2", status: "failed", success: false, contentItems: [] }),
    ]);
    const called = article(panel, "Tool call: Called browser/read_file, completed");
    await called.getByRole("button").click();
    assert.equal(await called.locator("pre").innerText(), "Here:\n[picture]\n[picture]\n[sound]");
    assert.equal(await called.getByRole("img", { name: "Picture" }).count(), 1);
    await article(panel, "Tool call: Called browser/read_file, failed").getByText("failed").waitFor();
    assert.deepEqual(panel.foreign, []);
  },
);

test("deltas arrive whole and in order, and end as the completed item", inBrowser, async () => {
  await using panel = await showing([]);
  const text = Array.from({ length: 300 }, (_, index) => `Word ${index} of it.${index % 10 === 9 ? "\n\n" : " "}`).join(
    "",
  );
  await panel.host.notify("item/started", starts(item.answer("", { completedAtMs: null })).params as never);
  for (let from = 0; from < text.length; from += 40) {
    void panel.host.notify("item/agentMessage/delta", {
      ...at,
      itemId: "answer-1",
      delta: text.slice(from, from + 40),
    });
  }
  const words = (shown: string) => shown.replaceAll(/\s+/g, " ").trim();
  await panel.page.waitForFunction(() => document.querySelector(".answer")?.textContent?.includes("Word 299 of it."));
  assert.equal(words(await article(panel, "Answer").innerText()), words(text));
  await panel.host.notify("item/completed", completes(item.answer(`${text}The end.`)).params as never);
  await panel.page.waitForFunction(() => document.querySelector(".answer")?.textContent?.includes("The end."));
  assert.equal(words(await article(panel, "Answer").innerText()), words(`${text}The end.`));
});

test("a running command shows its last line, and its whole output when opened", inBrowser, async () => {
  await using panel = await showing([
    item.command("npm test", { status: "inProgress", exitCode: null, durationMs: null }),
  ]);
  const output = (delta: string) =>
    panel.host.notify("item/commandExecution/outputDelta", { ...at, itemId: "command-1", delta });
  await output("first line\n\u001b[32msecond line\u001b[0m\n");
  const card = article(panel, "Command: npm test, running");
  assert.equal((await card.boundingBox())?.height, 32);
  await card.getByText("second line", { exact: true }).waitFor();
  assert.equal(await card.getByText("first line").count(), 0);
  assert.equal((await card.boundingBox())?.height, 32, "the live line takes room of its own");
  await card.getByRole("button", { name: /^npm test/ }).click();
  assert.equal(await card.locator(".output").innerText(), "first line\nsecond line");
  await card.getByRole("button", { name: "Copy" }).click();
  assert.deepEqual(await panel.host.expectCall("host/copy"), { text: "first line\nsecond line\n" });
  await card.getByRole("button", { name: "Open terminal" }).click();
  assert.deepEqual(await panel.host.expectCall("host/openTerminal"), { threadId, itemId: "command-1" });
});

test("a finished turn says what it changed and what it cost", inBrowser, async () => {
  await using panel = await showing([item.files([cartChange])], { status: "completed", tokenUsage: tokens });
  assert.equal(
    (await panel.page.locator(".turn-end").innerText()).replaceAll(/\s+/g, " "),
    "1 file +1 −1 12.4k tokens",
  );
});

test("where nothing was changed and nothing spent, no empty line ends the turn", inBrowser, async () => {
  const own = item.command("ls", { source: "userShell" });
  await using panel = await showing([own], { status: "completed" });
  await panel.page.getByRole("article", { name: /ls, completed$/ }).waitFor();
  assert.equal(await panel.page.locator(".turn-end").isVisible(), false);
});

test("a failed turn says why in place, and Try again sends the same prompt", inBrowser, async () => {
  const error = { message: "The key was refused.", codexErrorInfo: null, additionalDetails: null };
  await using panel = await showing([], { status: "failed", error });
  await panel.page.getByRole("group", { name: "Error" }).getByText("The key was refused.").waitFor();
  await panel.page.getByRole("button", { name: "Try again" }).click();
  assert.deepEqual((await panel.host.expectCall("turn/start"))["input"], [
    { type: "text", text: "Go", text_elements: [] },
  ]);
});

test(
  "a turn that failed after it had done something can be continued, not asked for all of it again",
  inBrowser,
  async () => {
    const error = {
      ...{ message: "The key was refused.", additionalDetails: null },
      codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 401 } },
    };
    await using panel = await showing([item.answer("I began.")], { status: "failed", error });
    const block = panel.page.getByRole("group", { name: "Error" });
    await block.getByText("The key was refused.").waitFor();
    // The block says it all: the line that ends other turns would say it again.
    assert.equal(await panel.page.locator(".turn-end").isVisible(), false);
    assert.deepEqual(await block.getByRole("button").allInnerTexts(), ["Set API key…", "Continue", "Show log"]);
    await block.getByRole("button", { name: "Continue" }).click();
    assert.deepEqual((await panel.host.expectCall("turn/start"))["input"], [
      { type: "text", text: "Continue.", text_elements: [] },
    ]);
  },
);

test(
  "an answer that broke off makes place for one line that says which try it is, until there is another",
  inBrowser,
  async () => {
    await using panel = await showing([item.answer("Half of", { completedAtMs: null })]);
    await panel.page.getByText("Half of").waitFor();
    const error = {
      message: "Reconnecting... 2/5",
      codexErrorInfo: null,
      additionalDetails: "The answer ended early.",
    };
    const takenBack = ["answer-1"];
    await panel.host.notify("error", { error, willRetry: true, takenBack, threadId, turnId });
    const line = panel.page.getByText("Reconnecting 2 of 5… The answer");
    await line.waitFor();
    assert.equal(await panel.page.getByText("Half of").count(), 0);
    assert.equal(await panel.page.locator(".banner").count(), 0);
    const answer = item.answer("All of it", { id: "answer-2", completedAtMs: null });
    await panel.host.notify("item/started", { item: answer, threadId, turnId, startedAtMs: 1 });
    await panel.page.getByText("All of it").waitFor();
    assert.equal(await line.count(), 0);
  },
);

test("a refused key is answered by the way to set another, only where the thread ends", inBrowser, async () => {
  const error = { message: "The key was refused.", codexErrorInfo: "unauthorized", additionalDetails: null };
  const failed = { status: "failed" as const, error };
  await using panel = await openPanel({
    prepare: (host) =>
      host.on("thread/resume", () =>
        opened({
          turns: [
            turn({ ...failed, items: [item.user("Go")] }),
            turn({ ...failed, id: "turn-2", items: [item.user("Again", { id: "user-2" })] }),
          ],
        }),
      ),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  const errors = panel.page.getByRole("group", { name: "Error" });
  await errors.nth(1).getByText("The key was refused.").waitFor();
  assert.deepEqual(await errors.nth(0).getByRole("button").allInnerTexts(), []);
  assert.deepEqual(await errors.nth(1).getByRole("button").allInnerTexts(), ["Set API key…", "Try again", "Show log"]);
  await errors.nth(1).getByRole("button", { name: "Set API key…" }).click();
  await panel.host.expectCall("host/setApiKey");
});

test("output opens at its end", inBrowser, async () => {
  const aggregatedOutput = Array.from({ length: 500 }, (_, line) => `line ${line}`).join("\n");
  await using panel = await showing([item.command("npm test", { aggregatedOutput })], { status: "completed" });
  await article(panel, "Command: npm test, completed").getByRole("button", { name: "npm test" }).click();
  const left = await panel.page
    .locator(".output")
    .evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
  assert.ok(left <= 1);
});

test("folded reads say how many failed", inBrowser, async () => {
  await using panel = await showing([item.read("a.ts"), item.read("b.ts", { status: "failed", success: false })]);
  await article(panel, "Tool calls: Read 2 files, 1 failed").getByText("1 failed").waitFor();
});

test("markdown of a model makes only harmless elements and asks nothing of the network", inBrowser, async () => {
  const markdown = `# Title

<script>alert(1)</script> <img src="https://evil.example/a.png" onerror="alert(1)"> <style>*{display:none}</style>

![chart](https://evil.example/b.png) ![x](data:image/png;base64,AAAA) [js](javascript:alert(1)) [cmd](command:workbench.action.quit)
[code](vscode://evil/x) [file](file:///etc/passwd) [web](https://example.com/x) [place](src/cart.ts:12) <https://example.org> \`src/a.ts:3\`

| a | b |
|---|--:|
| <b>x</b> | [y](javascript:1) |

- one
  1. two

> quoted **strong** *em* ~~gone~~

\`\`\`html
<script>alert(2)</script>
\`\`\`

***
[ref]: javascript:alert(3)
[ref]`;
  await using panel = await showing([item.answer(markdown)], { status: "completed" });
  const answer = article(panel, "Answer");
  const allowed = new Set(
    "DIV P H3 H4 H5 UL OL LI BLOCKQUOTE PRE CODE TABLE THEAD TBODY TR TH TD STRONG EM S BR HR A BUTTON SPAN".split(" "),
  );
  const elements = await answer.evaluate((root) =>
    [...root.querySelectorAll("*")].map((element) => ({
      name: element.tagName,
      href: element.getAttribute("href"),
      attributes: element.getAttributeNames(),
    })),
  );
  assert.deepEqual(
    elements.filter(({ name }) => !allowed.has(name)),
    [],
  );
  assert.deepEqual(
    elements.flatMap(({ href }) => (href === null ? [] : [href])),
    [
      // Addresses in plain text are links too: a click asks first, and nothing loads them.
      "https://evil.example/a.png",
      "https://evil.example/b.png",
      "https://example.com/x",
      "https://example.org",
    ],
  );
  const harmless = new Set(["class", "href", "title", "rel", "type", "tabindex", "role", "aria-label", "start"]);
  assert.deepEqual(
    elements.flatMap(({ attributes }) => attributes).filter((name) => !harmless.has(name)),
    [],
  );
  assert.match(await answer.innerText(), /<script>alert\(1\)<\/script>/);

  await answer.getByRole("link", { name: "web" }).click();
  assert.deepEqual(await panel.host.expectCall("host/openLink"), { url: "https://example.com/x" });
  await answer.getByRole("button", { name: "place" }).click();
  assert.deepEqual(await panel.host.expectCall("host/openFile"), { path: "src/cart.ts", line: 12, cwd });
  assert.deepEqual(panel.foreign, []);
});

test("the view follows the end until the reader leaves it, and again when asked", inBrowser, async () => {
  await using panel = await showing([item.answer("Long text.\n\n".repeat(100), { completedAtMs: null })]);
  const distance = () =>
    log(panel).evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
  const grow = async (text: string) => {
    await panel.host.notify("item/agentMessage/delta", { ...at, itemId: "answer-1", delta: `\n\n${text}` });
    await panel.page.getByText(text).waitFor({ state: "attached" });
    await panel.page.evaluate(() => new Promise(requestAnimationFrame));
  };
  await grow("First growth.");
  assert.ok((await distance()) <= 1);
  await log(panel).hover();
  await panel.page.mouse.wheel(0, -600);
  await panel.page.getByRole("button", { name: "Jump to latest" }).waitFor();
  const top = await log(panel).evaluate((element) => element.scrollTop);
  await grow("Second growth.");
  assert.equal(await log(panel).evaluate((element) => element.scrollTop), top);
  await panel.page.getByRole("button", { name: "Jump to latest" }).click();
  await grow("Third growth.");
  assert.ok((await distance()) <= 1);
});

test(
  "the way to the latest covers nothing and moves nothing, and hands the focus to the thread",
  inBrowser,
  async () => {
    const items = [item.answer("Long text.\n\n".repeat(100)), item.command("npm test", { aggregatedOutput: "ok\n" })];
    await using panel = await showing(items, { status: "completed" });
    const box = () =>
      panel.page
        .getByRole("textbox", { name: "Message Belay" })
        .evaluate((element) => element.getBoundingClientRect().top);
    const before = await box();
    await log(panel).hover();
    await panel.page.mouse.wheel(0, -300);
    const jump = panel.page.getByRole("button", { name: "Jump to latest" });
    await jump.waitFor();
    const [button, thread] = [await jump.boundingBox(), await log(panel).boundingBox()];
    assert.ok(button && thread && button.y >= thread.y + thread.height, JSON.stringify({ button, thread }));
    assert.equal(await box(), before);
    await jump.press("Enter");
    await jump.waitFor({ state: "detached" });
    assert.ok(await log(panel).evaluate((element) => element === document.activeElement));
  },
);

test("who sends something sees what becomes of it, wherever they were reading", inBrowser, async () => {
  await using panel = await showing([item.answer("Long text.\n\n".repeat(100))], { status: "completed" });
  const jump = panel.page.getByRole("button", { name: "Jump to latest" });
  await log(panel).hover();
  await panel.page.mouse.wheel(0, -600);
  await jump.waitFor();
  await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("go on");
  await panel.page.getByRole("button", { name: "Send" }).click();
  await log(panel).getByText("go on").waitFor();
  await jump.waitFor({ state: "detached" });
});

test("a part that cannot be drawn leaves a sentence and a way on", inBrowser, async () => {
  await using panel = await openPanel({
    prepare: (host) =>
      host.on("thread/resume", () =>
        opened({ turns: [turn({ items: [item.user("Go"), item.answer(null as never)] })] }),
      ),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByRole("button", { name: "Reload view" }).waitFor();
  panel.host.on("thread/resume", () => opened({ turns: [turn({ items: [item.user("Go"), item.answer("Mended.")] })] }));
  await panel.page.getByRole("button", { name: "Reload view" }).click();
  await panel.page.getByText("Mended.").waitFor();
});

test(
  "a patch that is being written shows its newest lines and its numbers, and becomes the change itself",
  inBrowser,
  async () => {
    await using panel = await showing([], { status: "inProgress" });
    const { host, page } = panel;
    await host.notify("item/started", starts(beingWritten([newFile(1)])).params as never);
    const name = "File change: src/internationalisation/tax.ts (created)";
    const card = article(panel, `${name}, writing`);
    await card.getByText("Writing…").waitFor();
    assert.equal(await card.getByRole("button", { name: "Open diff" }).count(), 0);
    const itemId = beingWritten([]).id;
    for (const lines of [20, 40, 60]) {
      const params = { ...at, itemId, changes: [newFile(lines)], isWriting: true };
      await host.notify("item/fileChange/patchUpdated", params);
      await card.getByText(`+${lines}`).waitFor();
      // The newest line stands at the foot of a body that is no higher than the change itself will be.
      const box = await card.getByRole("group", { name: "Diff so far" }).boundingBox();
      const last = await card.getByText(`rate${lines - 1} =`).boundingBox();
      assert.ok(box && last && box.height <= 321, JSON.stringify(box));
      assert.ok(last.y + last.height <= box.y + box.height && last.y > box.y);
    }
    const { written: _, ...whole } = newFile(60);
    await host.notify("item/fileChange/patchUpdated", { ...at, itemId, changes: [whole] });
    await article(panel, `${name}, running`).getByRole("group", { name: "Diff", exact: true }).waitFor();
    await host.notify("item/completed", completes(item.files([whole])).params as never);
    await article(panel, `${name}, completed`).getByRole("button", { name: "Open diff" }).waitFor();
    assert.equal(await page.getByText("Writing…").count(), 0);
  },
);

test("a patch that fitted nowhere says why", inBrowser, async () => {
  const failure = "apply_patch verification failed: no such lines\u202e";
  await using panel = await showing([item.files([newFile(2)], { status: "failed", failure })]);
  const card = article(panel, "File change: src/internationalisation/tax.ts (created), failed");
  assert.match(
    await card.getByRole("group", { name: "Why it failed" }).innerText(),
    /^apply_patch verification failed/,
  );
  assert.equal(await card.getByRole("button", { name: "Open diff" }).count(), 0);
});
