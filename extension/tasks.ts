// `Belay: Run Task…`: prompts for everyday work, run with progress and a way to stop.
import * as vscode from "vscode";
import type { ThreadItem } from "../server/protocol/item.ts";
import type { RunningCtx } from "./ctx.ts";
import { scriptOf } from "./terminals/terminal-text.ts";

interface Task {
  label: string;
  detail: string;
  prompt: string;
}

const builtInTasks: readonly Task[] = [
  {
    label: "Make the tests pass",
    detail: "Runs the test suite, finds out why tests fail, and changes the code until they pass",
    prompt:
      "Find out how this project runs its tests and run them. If all pass, say so and stop. Otherwise find the cause of " +
      "each failure and fix it in the code with the smallest change that is right. Change a test only where it is the test " +
      "that is wrong, and say why. Run the tests again until they pass, then sum up what was wrong and what you changed.",
  },
  {
    label: "Explain this workspace",
    detail: "Reads the workspace and explains what it is, how it is built, and where things are",
    prompt:
      "Explain this workspace to someone who opens it for the first time: what it is for, its main parts and how they work " +
      "together, where the important things are (with paths), and how to build, run and test it. Read what you need; change " +
      "nothing. Say what you could not find out.",
  },
];

export async function runTask(ctx: RunningCtx): Promise<void> {
  const task = await vscode.window.showQuickPick(builtInTasks, {
    title: "Run Task",
    placeHolder: "What should Belay do?",
  });
  if (task === undefined) return;
  const { threadId, turnId, ended } = await ctx.turns.startInNewThread(ctx.client, task.prompt);
  // An open panel follows the task; a closed one is opened only at the end.
  ctx.panel.tell("host/showThread", { threadId });
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Belay: ${task.label}`, cancellable: true },
    async (progress, token) => {
      const steps = ctx.notifications.on("item/started", (started) => {
        if (started.threadId === threadId) progress.report({ message: stepOf(started.item) });
      });
      token.onCancellationRequested(() => {
        ctx.client
          .request("turn/interrupt", { threadId, turnId })
          .catch((error: unknown) => ctx.log.warn(String(error)));
      });
      // The turn ends in every case: an interrupt completes it too.
      await ended.finally(() => steps.dispose());
    },
  );
  ctx.panel.tell("host/showThread", { threadId });
  await ctx.panel.reveal();
}

function stepOf(item: ThreadItem): string {
  switch (item.type) {
    case "commandExecution":
      return `runs ${scriptOf(item).split("\n", 1)[0]}`;
    case "fileChange":
      return item.changes.length === 1 ? "changes a file" : `changes ${item.changes.length} files`;
    case "reasoning":
      return "thinks";
    case "agentMessage":
      return "writes";
    default:
      return "works";
  }
}
