// Questions of the model as they wait, half answered and answered; and what else a person may find in a thread.
import { item, turn } from "./fixtures.ts";
import { asked, asking, lockFile, ownWords, strict } from "./questions.ts";
import { answer, prompt, type Scene, showTurn, thought } from "./scene-parts.ts";

/** 24 by 24 pixels of one colour. */
export const picture =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABgAAAAYCAIAAABvFaqvAAAAH0lEQVR42mNwazpBFcQwatCoQaMGjRo0atCoQQNvEABGwYQuOdVnFgAAAABJRU5ErkJggg==";

export const questionScenes: Record<string, Scene> = {
  async question(panel) {
    await showTurn(panel, turn({ items: [prompt, thought, answer, asked([lockFile])] }));
    void panel.host.ask("item/tool/requestUserInput", asking([lockFile]));
    await panel.page.getByRole("group", { name: "Approval: answer a question" }).waitFor();
  },

  async "question, answered half"(panel) {
    const questions = [lockFile, strict, ownWords];
    await showTurn(panel, turn({ items: [prompt, asked(questions)] }));
    void panel.host.ask("item/tool/requestUserInput", asking(questions));
    const card = panel.page.getByRole("group", { name: "Approval: answer a question" });
    await card.getByRole("textbox", { name: "In your own words: text" }).fill("yarn, as in our other repositories");
    await card.getByRole("radio", { name: "Yes" }).check();
  },

  async "question, long and hostile"(panel) {
    const long = {
      ...lockFile,
      header: "Run this command?\u202e",
      question: `${"Would you rather have it this way or that way? ".repeat(20)}\nOr\u00a0neither?${" ".repeat(80)}hidden`,
      options: [
        { label: `https://${"averylongword".repeat(12)}`, description: "x".repeat(200) },
        ...Array.from({ length: 6 }, (_, at) => ({ label: `Choice ${at}`, description: "With its consequences." })),
      ],
    };
    await showTurn(panel, turn({ items: [prompt, asked([long])] }));
    void panel.host.ask("item/tool/requestUserInput", asking([long]));
    await panel.page.getByRole("group", { name: "Approval: answer a question" }).waitFor();
  },

  async "questions answered"(panel) {
    const questions = [lockFile, ownWords];
    const reply = {
      answers: { package_manager: { answers: ["npm (Recommended)"] }, release_name: { answers: ["Winter, 2nd part"] } },
    };
    const looked = item.read("", {
      id: "looked",
      namespace: "browser",
      tool: "screenshot",
      arguments: {},
      contentItems: [
        { type: "inputText", text: "The page at 800 by 600." },
        { type: "inputImage", imageUrl: picture },
      ],
    });
    await showTurn(
      panel,
      turn({
        items: [
          {
            ...prompt,
            content: [
              ...prompt.content,
              { type: "image", url: picture },
              { type: "mention", name: "cart.ts", path: "src/cart.ts" },
              { type: "skill", name: "review", path: "/home/ada/.belay/skills/review/SKILL.md" },
            ],
          },
          asked(questions, reply),
          asked([strict], { answers: {} }, { id: "ask-2" }),
          item.command("npm ci", { source: "userShell" }),
          looked,
          answer,
        ],
      }),
    );
    await panel.page.getByRole("button", { name: "Called browser/screenshot" }).click();
  },
};
