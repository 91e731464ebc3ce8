// What a person sent, taken apart for display: the words, the pictures that can be shown, and what else went along.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import type { UserInput } from "../../server/protocol/user-input.ts";
import { visibleText } from "./hidden-characters.ts";

type UserMessage = Pick<ThreadItemOf<"userMessage">, "content">;

export interface PromptParts {
  /** Where there are no words, what went along instead of them. */
  text: string;
  /** Data URLs. */
  pictures: readonly string[];
  /** Besides words and pictures, e.g. "@cart.ts", "skill review"; empty where it stands as the text. */
  alongside: readonly string[];
}

export function promptParts({ content }: UserMessage): PromptParts {
  const text = content.flatMap((input) => (input.type === "text" ? [input.text] : [])).join("\n");
  const pictures = content.flatMap((input) => (input.type === "image" && isShowable(input.url) ? [input.url] : []));
  const others = content.flatMap((input) => nameOf(input) ?? []);
  if (text.trim() !== "") return { text, pictures, alongside: others };
  return {
    text: [...pictures.map(() => "picture"), ...others].map((name) => `[${name}]`).join(" "),
    pictures,
    alongside: [],
  };
}

/** For titles and names. */
export function userText(item: UserMessage): string {
  return promptParts(item).text;
}

/** The same prompt can be sent again as words alone. */
export function isWordsOnly({ content }: UserMessage): boolean {
  return content.every(({ type }) => type === "text");
}

/** Pictures inside the message. Nothing that would have to be fetched, and nothing that is a document of its own. */
export function isShowable(url: string): boolean {
  return /^data:image\/(png|jpeg|gif|webp);base64,/i.test(url);
}

function nameOf(input: UserInput): string | null {
  switch (input.type) {
    case "text":
      return null;
    case "image":
      return isShowable(input.url) ? null : "picture";
    case "localImage":
      return visibleText(`picture ${input.path}`);
    case "audio":
      return "audio";
    case "localAudio":
      return visibleText(`audio ${input.path}`);
    case "skill":
      return visibleText(`skill ${input.name}`);
    case "mention":
      return visibleText(`@${input.name}`);
    default:
      return input satisfies never;
  }
}
