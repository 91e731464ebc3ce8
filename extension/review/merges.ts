// Asks about merges while their diff can be read: beside it stands what it is about, in its title bar how to answer. To
// close the diff is to say no.
import * as vscode from "vscode";
import { closeDiffsOf, type ShownTexts, shows, tabsOf } from "./show.ts";

/** For `when` in the manifest: a merge waits for its answer. */
const ASKED_KEY = "belay.mergeAsked";
/** And this: it is one of several files, and its editor is the one in front, which has no name to tell it by. */
const FRONT_KEY = "belay.mergesInFront";

export interface MergeQuestion {
  /** Of the diff. */
  readonly title: string;
  /** What is asked, without the answers. */
  readonly sentence: string;
  /** What a person says who wants the merge. */
  readonly yes: string;
  readonly files: readonly { readonly now: vscode.Uri; readonly merge: vscode.Uri }[];
}

export class MergeQuestions {
  /** Of the one that is asked; a later one takes its place. */
  #answer: ((isAccepted: boolean) => void) | null = null;
  /** Resolves when nothing of those before is on show any more. */
  #ended: Promise<void> = Promise.resolve();

  /** Resolves once the person has said so, or has closed the diff. */
  async ask(question: MergeQuestion): Promise<boolean> {
    this.answer(false);
    const earlier = this.#ended;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#ended = ended;
    await earlier;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const shown = { title: question.title, texts: question.files.map(({ merge }) => merge) };
    const watching = watch(shown, () => resolve(false));
    this.#setAnswer(resolve);
    try {
      await show(question);
      return await waiting(question, promise, () => resolve(false));
    } finally {
      this.#setAnswer(null);
      watching.dispose();
      await closeDiffsOf(shown);
      end();
    }
  }

  /** Does nothing when nothing is asked. */
  answer(isAccepted: boolean): void {
    this.#answer?.(isAccepted);
  }

  #setAnswer(answer: ((isAccepted: boolean) => void) | null): void {
    this.#answer = answer;
    void setContext(ASKED_KEY, answer !== null);
  }
}

/** `closed`: nothing shows it any more. A diff that is moved to another group is open there before it closes here. */
function watch(shown: ShownTexts, closed: () => void): vscode.Disposable {
  const { tabGroups } = vscode.window;
  const look = () => {
    const tab = tabGroups.activeTabGroup.activeTab;
    void setContext(FRONT_KEY, shown.texts.length > 1 && tab !== undefined && shows(tab, shown));
  };
  const parts = [
    tabGroups.onDidChangeTabGroups(look),
    tabGroups.onDidChangeTabs((tabs) => {
      look();
      if (tabs.closed.some((tab) => shows(tab, shown)) && tabsOf(shown).length === 0) closed();
    }),
    new vscode.Disposable(() => void setContext(FRONT_KEY, false)),
  ];
  return vscode.Disposable.from(...parts);
}

function setContext(key: string, value: boolean): Thenable<unknown> {
  return vscode.commands.executeCommand("setContext", key, value);
}

async function show({ title, files }: MergeQuestion): Promise<void> {
  const [first, ...others] = files;
  if (first !== undefined && others.length === 0) {
    await vscode.commands.executeCommand("vscode.diff", first.now, first.merge, title, { preview: false });
    return;
  }
  const resources = files.map(({ now, merge }) => [now, now, merge]);
  await vscode.commands.executeCommand("vscode.changes", title, resources);
  // It takes no options: as a preview the next file that is looked at would take its place, which would be a no.
  await vscode.commands.executeCommand("workbench.action.keepEditor");
}

/** As progress, because only that stays until it is answered, and goes with the answer wherever that is given. */
function waiting({ sentence, yes }: MergeQuestion, answer: Promise<boolean>, cancel: () => void): Thenable<boolean> {
  const title = `${sentence} [${yes}](command:belay.acceptMerge)`;
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, cancellable: true, title },
    (_progress, token) => {
      token.onCancellationRequested(cancel);
      return answer;
    },
  );
}
