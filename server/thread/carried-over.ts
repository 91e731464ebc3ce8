// What a compaction tells the model anew, as the server itself knows it.
import type { CarriedOver } from "../agent/compacted-history.ts";
import {
  developerMessage,
  foldersMessage,
  newInstructions,
  openingContext,
  permissionsMessage,
} from "../agent/context.ts";
import type { HistoryItem } from "../model/model.ts";
import { commandSandbox, rootsOf } from "./settings.ts";
import { modelStatus } from "../tools/update-plan.ts";
import type { Thread } from "./thread.ts";

/** `openQuestions`: of the person, and not answered. */
export async function carriedOver(thread: Thread, openQuestions: readonly object[]): Promise<CarriedOver> {
  return {
    opening: [...(await openingOf(thread)), developerMessage(await permissionsOf(thread))],
    plan: planToGoOnFrom(thread),
    openQuestions,
    runningCommands: thread.commands.sessions.map(({ item }) => {
      return { session_id: item.processId ?? "", command: item.script ?? item.command, folder: item.cwd };
    }),
    changedFiles: await changedFiles(thread),
  };
}

/** In the model's own words and spelling. Of one that is done with nothing is left to do. */
function planToGoOnFrom({ record }: Thread): CarriedOver["plan"] {
  const steps = record.plan?.plan ?? [];
  if (steps.every(({ status }) => status === "completed")) return [];
  return steps.map(({ step, status }) => ({ step, status: modelStatus[status] }));
}

/** Instructions are read as they are now. */
export async function openingOf({ deps, record: { settings, meta } }: Thread): Promise<HistoryItem[]> {
  const folders = rootsOf(settings);
  const instructions = await deps.readInstructions(folders);
  const today = new Date(deps.now()).toISOString().slice(0, 10);
  const { shell, platform } = deps;
  const { baseInstructions, developerInstructions } = meta;
  return [
    ...openingContext({ cwd: settings.cwd, shell, platform, today, instructions, baseInstructions }),
    ...(developerInstructions === null ? [] : [developerMessage(developerInstructions)]),
    ...(folders.length === 1 ? [] : [developerMessage(foldersMessage(folders))]),
  ];
}

/** Where the thread works by now in other folders than the model knows, which, and the instructions in new ones. */
export async function newFoldersOf(thread: Thread): Promise<HistoryItem[]> {
  const { deps } = thread;
  const { settings, meta, history } = thread.record;
  const folders = rootsOf(settings);
  const told = lastTold(thread, "<folders>");
  // The opening has the folder that a thread begins in.
  const isUsual = folders.length === 1 && settings.cwd === meta.cwd && told === null;
  if (isUsual || told === foldersMessage(folders)) return [];
  const more = newInstructions(await deps.readInstructions(folders), history);
  return [developerMessage(foldersMessage(folders)), ...(more === null ? [] : [more])];
}

/** What the model was last told of our own in a message that begins with this tag; null: nothing. */
export function lastTold({ record: { history } }: Thread, tag: string): string | null {
  const told = history.findLast(
    (item) => item.type === "message" && item.role === "developer" && item.text.startsWith(tag),
  );
  return told?.type === "message" ? told.text : null;
}

export async function permissionsOf({ deps, record: { settings } }: Thread): Promise<string> {
  return permissionsMessage({
    ...settings,
    sandbox: commandSandbox(settings),
    onlyProposes: settings.edits === "propose",
    containerIsSandbox: await deps.containerIsSandbox(),
  });
}

/** By patches, as their items say, and by commands, as far as the journal knows. The newest come first. */
async function changedFiles({ deps, record: { settings, turns }, id }: Thread): Promise<string[]> {
  const patched = turns.flatMap(({ items }) =>
    items.flatMap((item) => (item.type === "fileChange" && item.status === "completed" ? item.changes : [])),
  );
  const paths = patched.map(({ path, kind }) => (kind.type === "update" ? (kind.move_path ?? path) : path));
  try {
    const changes = await (await deps.journal(settings.cwd)).changes();
    const own = changes.filter(({ source, state }) => source.threadId === id && state === "applied");
    paths.push(
      ...own.filter(({ source }) => source.kind === "command").flatMap(({ files }) => files.map((f) => f.path)),
    );
  } catch (error) {
    deps.log("warning", `what commands changed is not known to the compaction of ${id}`, error);
  }
  return [...new Set(paths.toReversed())];
}
