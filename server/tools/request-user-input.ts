// The model asks the person: a few questions, each with answers to choose from.
import * as z from "zod";
import { jsonTool } from "./define.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";

const Params = z.object({
  questions: z
    .array(
      z.object({
        id: z.string().describe("Names the question in the answer, in snake_case"),
        header: z.string().describe("A word or two"),
        question: z.string().describe("One sentence"),
        options: z
          .array(z.object({ label: z.string(), description: z.string().describe("What choosing it means") }))
          .optional()
          .describe(
            "Two or three that exclude each other, the one you advise first. Answers in own words are always possible",
          ),
      }),
    )
    .min(1)
    .max(3),
});

export const requestUserInput = jsonTool(Params, {
  name: "request_user_input",
  description:
    "Asks the user one to three short questions and waits for the answers. Only for decisions that are the user's to " +
    "make and change what you do next; never for permission, which is asked for by itself.",

  async prepare({ questions }, { itemId, startedAtMs }) {
    const item = startedCall({ id: itemId, tool: "request_user_input", arguments: { questions }, startedAtMs });
    return {
      kind: "prepared",
      item,
      action: Object.freeze({ kind: "client" }),
      async run(context) {
        const answers = await context.askUser({
          itemId,
          questions: questions.map(({ options, ...question }) => ({
            ...question,
            isOther: true,
            isSecret: false,
            options: options === undefined || options.length === 0 ? null : options,
          })),
          isBlocking: true,
          autoResolutionMs: null,
        });
        const isAnswered = answers !== null;
        const output = isAnswered ? JSON.stringify(answers) : "The user did not answer. Go on with what seems best.";
        const end = { success: isAnswered, contentItems: textPart(output), completedAtMs: context.now() };
        return { item: endedCall(item, end), output };
      },
    };
  },
});
