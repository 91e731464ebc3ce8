// What the commands about threads have in common: where they read and write, and how they find a thread.
import { lockOwnFile, replaceOwnFile } from "../../files/own-file.ts";
import { RolloutIndex } from "../../rollout/index.ts";
import type { ListedRollout } from "../../rollout/listed.ts";
import type { AllThreads } from "../../thread/thread-list.ts";
import { ThreadSections } from "../../thread/thread-sections.ts";

export interface ThreadsIo {
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Said on stderr. */
export class Refusal extends Error {
  /** The call was wrong, and the usage follows. */
  readonly isMistake: boolean;

  constructor(message: string, { isMistake = false }: { isMistake?: boolean } = {}) {
    super(message);
    this.isMistake = isMistake;
  }
}

/** Every thread on disk as it is now, the archived too. */
export async function openThreads({ home, stderr }: ThreadsIo): Promise<AllThreads> {
  const onTrouble = (message: string) => stderr.write(`belay threads: ${message}\n`);
  const index = new RolloutIndex(home, onTrouble);
  await index.refresh();
  await index.sweep();
  const sections = new ThreadSections(home, { lock: lockOwnFile, replace: replaceOwnFile }, onTrouble);
  return { index, sections };
}

/** Throws Refusal unless exactly one thread's id begins so. */
export function findThread(prefix: string, { index }: AllThreads): ListedRollout {
  const wanted = prefix.toLowerCase();
  const all = index.sorted("createdAt");
  const found = all.filter(({ id }) => id.startsWith(wanted));
  const whole = found.find(({ id }) => id === wanted);
  const [only, ...others] = whole === undefined ? found : [whole];
  if (wanted === "" || only === undefined) {
    throw new Refusal(`no thread's id begins with ${JSON.stringify(prefix)}. \`belay threads list\` shows them.`);
  }
  if (others.length > 0) {
    const few = found.slice(0, 10).map((entry) => `  ${plainText(entry.id)}  ${titleOf(entry)}`);
    const rest = found.length > few.length ? [`  and ${found.length - few.length} more`] : [];
    throw new Refusal(
      `${found.length} threads' ids begin with ${JSON.stringify(prefix)}; give more of it:\n${[...few, ...rest].join("\n")}`,
    );
  }
  return only;
}

/** On one line, and without what a terminal would obey. */
export function titleOf({ metadata, meta }: Pick<ListedRollout, "metadata" | "meta">): string {
  const title = plainText(metadata.name ?? meta.preview)
    .replace(/\s+/g, " ")
    .trim();
  return title === "" ? "(no words yet)" : title;
}

/** Without escape sequences, and what turns the direction of writing, which a terminal would obey; lines and tabs stay. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;
  return text.replace(sequences, "").replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "");
}

/** In local time, to the minute. */
export function timeText(seconds: number): string {
  const time = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
