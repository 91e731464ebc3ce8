// Questions of the model: how they are asked, the ways to answer, and how the answers read afterwards.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { ToolRequestUserInputParams } from "../../server/protocol/user-input.ts";
import { card as commandCard, inTurn, isFocused, ready as commandReady, waiting } from "./support/approval-turn.ts";
import { commandApproval, completes, threadId } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, type PanelOptions, whyNoPanel } from "./support/panel-page.ts";
import { asked, asking, lockFile, ownWords, strict } from "./support/questions.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

type Questions = ToolRequestUserInputParams["questions"];

const card = ({ page }: OpenPanel) => page.getByRole("group", { name: "Approval: answer a question" });
const button = (panel: OpenPanel, name: "Answer" | "Skip") => card(panel).getByRole("button", { name, exact: true });
const words = (panel: OpenPanel) => card(panel).getByRole("textbox").first();

async function asks(questions: Questions, options: PanelOptions = {}) {
  const panel = await inTurn([asked(questions)], options);
  const answer = panel.host.ask("item/tool/requestUserInput", asking(questions));
  await card(panel).waitFor();
  return { panel, answer };
}

test("an option that is picked is the answer", inBrowser, async () => {
  const { panel, answer } = await asks([lockFile]);
  await using _ = panel;
  await panel.page.getByRole("article", { name: "Question: Package manager, waiting for your answer" }).waitFor();
  await panel.page.getByRole("status").getByText(`Answer needed: ${lockFile.question}`).waitFor();
  await card(panel).getByRole("heading", { name: "Belay asks", exact: true }).waitFor();
  const group = card(panel).getByRole("group", { name: `Package manager ${lockFile.question}` });
  await group.getByText("Keeps package-lock.json; nothing changes for your colleagues.").waitFor();
  assert.ok(await button(panel, "Answer").isDisabled());
  await group.getByText("pnpm", { exact: true }).click();
  await button(panel, "Answer").click();
  assert.deepEqual(await answer, { answers: { package_manager: { answers: ["pnpm"] } } });
  await panel.page.getByRole("article", { name: "Question: Package manager, answered" }).getByText("pnpm").waitFor();
  assert.equal(await card(panel).count(), 0);
});

test("own words take the place of the options, and Enter sends them", inBrowser, async () => {
  const { panel, answer } = await asks([lockFile]);
  await using _ = panel;
  await card(panel).getByRole("radio", { name: /^npm/ }).check();
  await words(panel).fill("  ");
  assert.ok(await button(panel, "Answer").isDisabled());
  await words(panel).press("Enter");
  await words(panel).fill(" yarn ");
  assert.ok(((await words(panel).boundingBox())?.height ?? 99) <= 26);
  assert.ok(await card(panel).getByRole("radio", { name: "In your own words" }).isChecked());
  await button(panel, "Answer").and(panel.page.locator(":enabled:not([aria-disabled])")).waitFor();
  await words(panel).press("Control+Enter");
  assert.equal(await card(panel).count(), 1);
  await words(panel).press("Enter");
  assert.deepEqual(await answer, { answers: { package_manager: { answers: ["yarn"] } } });
  assert.ok(await isFocused(panel.page.getByRole("textbox", { name: "Message Belay" })));
});

test("several questions stand in one card and are answered together", inBrowser, async () => {
  const { panel, answer } = await asks([lockFile, strict, ownWords]);
  await using _ = panel;
  await card(panel).getByRole("heading", { name: "Belay asks 3 questions" }).waitFor();
  await card(panel).getByRole("radio", { name: /^npm/ }).check();
  await card(panel).getByRole("textbox", { name: "Your answer" }).fill("Winter");
  await card(panel).getByRole("textbox", { name: "Your answer" }).press("Enter");
  assert.ok(await button(panel, "Answer").isDisabled());
  assert.equal(
    await card(panel)
      .getByRole("group", { name: /^Node 18/ })
      .getByRole("textbox")
      .count(),
    0,
  );
  await card(panel).getByRole("radio", { name: "No Two scripts" }).check();
  await button(panel, "Answer").click();
  assert.deepEqual(await answer, {
    answers: {
      package_manager: { answers: ["npm (Recommended)"] },
      drop_node: { answers: ["No"] },
      release_name: { answers: ["Winter"] },
    },
  });
});

test("a question may be skipped, and says so afterwards", inBrowser, async () => {
  const { panel, answer } = await asks([lockFile]);
  await using _ = panel;
  await card(panel).getByRole("radio", { name: /^npm/ }).check();
  await button(panel, "Skip").click();
  assert.deepEqual(await answer, { answers: {} });
  await panel.page.getByRole("article", { name: "Question: Package manager, not answered" }).waitFor();
});

test("the keyboard goes through the choices to the buttons", inBrowser, async () => {
  const { panel, answer } = await asks([lockFile]);
  await using _ = panel;
  await card(panel).focus();
  const { keyboard } = panel.page;
  await keyboard.press("Tab");
  await keyboard.press("Space");
  await keyboard.press("ArrowDown");
  assert.ok(await card(panel).getByRole("radio", { name: /^pnpm/ }).isChecked());
  await keyboard.press("Tab");
  assert.ok(await isFocused(words(panel)));
  await keyboard.press("Tab");
  assert.ok(await isFocused(button(panel, "Answer")));
  await button(panel, "Answer").and(panel.page.locator(":not([aria-disabled])")).waitFor();
  await keyboard.press("Enter");
  assert.deepEqual(await answer, { answers: { package_manager: { answers: ["pnpm"] } } });
});

test("the key that approves answers no question, and approves nothing from within one", inBrowser, async () => {
  await using panel = await inTurn([waiting, asked([lockFile])]);
  const approved = panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  void panel.host.ask("item/tool/requestUserInput", asking([lockFile]));
  await commandReady(panel);
  await words(panel).fill("yarn");
  await words(panel).press("Control+Enter");
  assert.deepEqual([await commandCard(panel).count(), await card(panel).count()], [1, 1]);
  await panel.page.getByRole("textbox", { name: "Message Belay" }).press("Control+Enter");
  assert.deepEqual(await approved, { decision: "accept" });
  await commandCard(panel).waitFor({ state: "detached" });
  await panel.page.getByRole("textbox", { name: "Message Belay" }).press("Control+Enter");
  assert.equal(await card(panel).count(), 1);
});

test("what was picked and typed outlives the page, but for secrets", inBrowser, async () => {
  const { panel } = await asks([lockFile]);
  await using _ = panel;
  await words(panel).fill("yarn");
  const kept = await panel.kept();
  await using again = await inTurn([asked([lockFile])], { kept });
  const answer = again.host.ask("item/tool/requestUserInput", asking([lockFile]), 7);
  await words(again).waitFor();
  assert.equal(await words(again).inputValue(), "yarn");
  await button(again, "Answer").click();
  assert.deepEqual(await answer, { answers: { package_manager: { answers: ["yarn"] } } });
  assert.doesNotMatch(JSON.stringify(await again.kept()), /yarn/);

  const { panel: secret } = await asks([{ ...ownWords, isSecret: true }]);
  await using __ = secret;
  const field = card(secret).getByLabel("Your answer");
  assert.equal(await field.getAttribute("type"), "password");
  await field.fill("hunter2");
  await button(secret, "Answer").and(secret.page.locator(":enabled")).waitFor();
  assert.doesNotMatch(JSON.stringify(await secret.kept()), /hunter2/);
});

test("a question settled elsewhere leaves, and gives its focus on", inBrowser, async () => {
  await using panel = await inTurn([asked([lockFile])]);
  const refused = assert.rejects(panel.host.ask("item/tool/requestUserInput", asking([lockFile]), 41), /cancelled/);
  await words(panel).fill("yarn");
  await panel.host.notify("serverRequest/resolved", { threadId, requestId: 41 });
  await card(panel).waitFor({ state: "detached" });
  await refused;
  await panel.page.getByText("Asks a question").waitFor();
  assert.ok(await isFocused(panel.page.getByRole("textbox", { name: "Message Belay" })));
  const reply = { answers: { package_manager: { answers: ["npm (Recommended)"] } } };
  await panel.host.notify("item/completed", completes(asked([lockFile], reply)).params as never);
  const article = panel.page.getByRole("article", { name: "Question: Package manager, answered" });
  assert.match(await article.innerText(), /Which package manager[^]*npm \(Recommended\)/);
  assert.doesNotMatch(await article.innerText(), /[{}]/);
});

test("a question of another thread, or without an item, has a place", inBrowser, async () => {
  await using panel = await inTurn([]);
  void panel.host.ask("item/tool/requestUserInput", asking([strict]));
  await card(panel).waitFor();
  void panel.host.ask("item/tool/requestUserInput", asking([lockFile], { threadId: "other" }));
  await panel.page.getByText("Another thread waits for your answer.").waitFor();
});

test("what a model writes into a question is text, with what hides in it", inBrowser, async () => {
  const evil = {
    ...lockFile,
    header: "Approve\u202e",
    question: "<b>Sure?</b>\u200b",
    options: [{ label: "<img src=x>", description: "a\u00a0b" }],
  };
  const { panel, answer } = await asks([evil]);
  await using _ = panel;
  for (const text of ["Approve\\u{202E}", "<b>Sure?</b>\\u{200B}", "<img src=x>", "a\\u{A0}b"])
    assert.ok((await card(panel).innerText()).includes(text), text);
  await card(panel).getByRole("radio").first().check();
  await button(panel, "Answer").click();
  assert.deepEqual(await answer, { answers: { package_manager: { answers: ["<img src=x>"] } } });
  assert.deepEqual(panel.foreign, []);
});

test("a long card fits into the view: the question at its top, the buttons at its end", inBrowser, async () => {
  const options = Array.from({ length: 30 }, (_, at) => ({ label: `Choice ${at}`, description: "With consequences." }));
  const { panel } = await asks([{ ...lockFile, options }], { width: 300, height: 600 });
  await using _ = panel;
  const isInSight = await card(panel).evaluate((element) => {
    const [box, frame] = [element.getBoundingClientRect(), element.closest(".transcript")?.getBoundingClientRect()];
    return frame !== undefined && box.top >= frame.top && box.bottom <= frame.bottom;
  });
  assert.ok(isInSight);
  const last = card(panel).getByText("Choice 29", { exact: true });
  const more = card(panel).getByRole("button", { name: "More below" });
  const top = () => last.evaluate((element) => element.getBoundingClientRect().top);
  const before = await top();
  await more.click();
  assert.ok((await top()) < before);
  await card(panel).getByRole("textbox").fill("None of them");
  await more.waitFor({ state: "hidden" });
});
