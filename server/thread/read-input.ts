// What a user puts into a turn, as the model is told it. Files are read here, once, before the turn takes it.
import { readFile, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import type { HistoryItem } from "../model/model.ts";
import { inputTooLarge, invalidInput, messageOf, remoteImage } from "../protocol/rpc/errors.ts";
import { MAX_INPUT_CHARS, type UserInput } from "../protocol/user-input.ts";
import { MAX_LINE_BYTES } from "../rollout/reader.ts";

export interface ReadInput {
  input: UserInput[];
  told: Extract<HistoryItem, { type: "message" }>;
}

/** Throws RpcError for what is too large, cannot be read, or cannot be told to a model. */
export async function readInput(input: UserInput[], cwd: string): Promise<ReadInput> {
  const chars = input.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
  if (chars > MAX_INPUT_CHARS) throw inputTooLarge(MAX_INPUT_CHARS, chars);
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of input) {
    switch (part.type) {
      case "text":
        texts.push(part.text);
        break;
      case "mention":
        texts.push(`[The user points at the file ${part.path}]`);
        break;
      case "skill":
        texts.push(`<skill name="${part.name}">\n${await readText(resolve(cwd, part.path))}\n</skill>`);
        break;
      case "image":
        if (!part.url.startsWith("data:")) throw remoteImage();
        images.push(part.url);
        break;
      case "localImage":
        images.push(await readImage(resolve(cwd, part.path)));
        texts.push(`[Picture ${images.length}: ${part.path}]`);
        break;
      case "audio":
      case "localAudio":
        throw invalidInput("audio cannot be passed to this model; send text or pictures instead");
      default:
        part satisfies never;
    }
  }
  const shown = images.length === 0 ? {} : { images };
  const told = { type: "message" as const, role: "user" as const, text: texts.join("\n"), ...shown };
  checkKept([told, inlined(input, images)]);
  return { input, told };
}

/** Throws RpcError for what would not fit into a line of the rollout: after a restart the model would not know of it. */
function checkKept(said: readonly object[]): void {
  const bytes = Math.max(...said.map((each) => Buffer.byteLength(JSON.stringify(each))));
  if (bytes <= MAX_KEPT_BYTES) return;
  const [size, most] = [bytes, MAX_KEPT_BYTES].map((count) => `${Math.floor(count / 2 ** 20)} MB`);
  throw invalidInput(
    `the message is ${size} with its pictures and skills, and at most ${most} can be kept; send fewer or smaller ones`,
  );
}

/** Beside it a line has ids and times. */
const MAX_KEPT_BYTES = MAX_LINE_BYTES - 1024 * 1024;

/** With pictures of this machine as what `readInput` read of them: from then on their files do not matter. */
export function inlined(input: readonly UserInput[], images: readonly string[]): UserInput[] {
  const pictures = images.values();
  return input.map((part) => {
    if (part.type !== "image" && part.type !== "localImage") return part;
    const url = pictures.next().value ?? "";
    return part.type === "image" ? part : { type: "image", url, detail: part.detail ?? null };
  });
}

const MAX_FILE_BYTES = 20 * 1024 * 1024;

const imageTypes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
};

async function readImage(path: string): Promise<string> {
  const type = imageTypes[extname(path).toLowerCase()];
  if (type === undefined) {
    throw invalidInput(`${path} is not a picture that models take; use ${Object.keys(imageTypes).join(", ")}`);
  }
  return `data:${type};base64,${(await readWhole(path)).toString("base64")}`;
}

async function readText(path: string): Promise<string> {
  const text = (await readWhole(path)).toString("utf8");
  if (text.length > MAX_INPUT_CHARS) throw inputTooLarge(MAX_INPUT_CHARS, text.length);
  return text;
}

async function readWhole(path: string): Promise<Buffer> {
  const unreadable = (why: string) => invalidInput(`${path} cannot be put into the message: ${why}`);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw unreadable("it is not a file");
    if (found.size > MAX_FILE_BYTES) throw unreadable(`it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB`);
    return await readFile(path);
  } catch (error) {
    throw error instanceof Error && "code" in error && typeof error.code === "string"
      ? unreadable(messageOf(error))
      : error;
  }
}
