// What belongs to a thread and is not the server's yet: what is picked for it, and the prompts that it does not contain.
// That of the thread on show stands in the state itself, that of all others aside. Pure.
import type { Edits, Mode } from "../../server/protocol/mode.ts";
import { modes } from "../../server/protocol/modes.ts";
import type { Thread, ThreadSettings } from "../../server/protocol/thread.ts";
import type { PanelEvent } from "./events.ts";
import { type Choice, noChoice, type Outgoing, type PanelState, shownThreadId, type Unsent } from "./state.ts";

/** By the id of the thread; that of the thread to come has none. Nothing empty. */
export type KeptUnsent = Readonly<Record<string, Unsent>>;

/** The key of the thread that is to start. */
const TO_COME = "";
/** So many are kept, those left last. */
const KEPT_THREADS = 100;
export const noUnsent: Unsent = { choice: noChoice, outgoing: [] };

/** What is on show goes aside, and what that thread had comes back; null: the thread to come. */
export function swapUnsent(state: PanelState, threadId: string | null): PanelState {
  const aside = put(state.aside, keyOf(shownThreadId(state.view)), state);
  const { choice, outgoing } = aside.get(keyOf(threadId)) ?? noUnsent;
  return { ...state, choice, outgoing, aside: put(aside, keyOf(threadId), noUnsent) };
}

/** Of one thread, on show or not; null: of the one to come. */
export function unsentOf(state: PanelState, threadId: string | null): Unsent {
  const { view, choice, outgoing, aside } = state;
  return shownThreadId(view) === threadId ? { choice, outgoing } : (aside.get(keyOf(threadId)) ?? noUnsent);
}

export function changeUnsent(
  state: PanelState,
  threadId: string | null,
  change: (unsent: Unsent) => Unsent,
): PanelState {
  if (shownThreadId(state.view) === threadId) {
    const { choice, outgoing } = change(state);
    return choice === state.choice && outgoing === state.outgoing ? state : { ...state, choice, outgoing };
  }
  const before = unsentOf(state, threadId);
  const after = change(before);
  return after === before ? state : { ...state, aside: put(state.aside, keyOf(threadId), after) };
}

/** The thread that a prompt was sent from, null: the one to come; undefined: nobody waits for it any more. */
export function senderOf({ view, outgoing, aside }: PanelState, clientId: string): string | null | undefined {
  const has = (unsent: Pick<Unsent, "outgoing">) => unsent.outgoing.some((prompt) => prompt.clientId === clientId);
  if (has({ outgoing })) return shownThreadId(view);
  const key = [...aside].find(([, unsent]) => has(unsent))?.[0];
  return key === TO_COME ? null : key;
}

/** What was picked and holds now. A pick made while that was under way holds for the next prompt. */
export function takeChoice<T extends Pick<Unsent, "choice">>(unsent: T, taken: Choice): T {
  const { choice } = unsent;
  const left: Choice = {
    mode: choice.mode === taken.mode ? null : choice.mode,
    model: choice.model === taken.model ? null : choice.model,
    edits: choice.edits === taken.edits ? null : choice.edits,
    cwd: choice.cwd === taken.cwd ? null : choice.cwd,
  };
  return isSame(left, choice) ? unsent : { ...unsent, choice: left };
}

/** The thread has these settings now. While a prompt is under way they may still be those from before it. */
export function settleChoice(unsent: Unsent, { mode, model, edits, cwd }: ThreadSettings): Unsent {
  const isSending = unsent.outgoing.some(({ kind }) => kind === "sending");
  return isSending ? unsent : takeChoice(unsent, { mode, model, edits: edits ?? "write", cwd });
}

export function withoutPrompt<T extends Pick<Unsent, "outgoing">>(unsent: T, clientId: string | null): T {
  const outgoing = unsent.outgoing.filter((prompt) => prompt.clientId !== clientId);
  return outgoing.length === unsent.outgoing.length ? unsent : { ...unsent, outgoing };
}

/** What the thread contains is not under way any more, and what ended without being read is unread. */
export function settlePrompts(unsent: Unsent, { turns, status }: Thread): Unsent {
  const echoed = new Set(
    turns.flatMap(({ items }) => items.flatMap((item) => (item.type === "userMessage" ? [item.clientId] : []))),
  );
  // Its turn has ended without it; or, in a thread where nothing runs, never got as far as the disk.
  const isOver = (turnId: string) => {
    const turn = turns.find(({ id }) => id === turnId);
    return turn === undefined ? status.type !== "active" : turn.status !== "inProgress";
  };
  const outgoing = unsent.outgoing
    .filter(({ clientId }) => !echoed.has(clientId))
    .map((prompt) =>
      prompt.kind === "accepted" && isOver(prompt.turnId) ? { ...prompt, kind: "unread" as const } : prompt,
    );
  return { ...unsent, outgoing };
}

/** It was taken. Whoever turned away while its thread started has it still where it was typed. */
export function movePrompt(
  state: PanelState,
  { clientId, threadId, turn, sent }: Extract<PanelEvent, { type: "promptAccepted" }>,
): PanelState {
  const sender = senderOf(state, clientId);
  if (sender === undefined) return state;
  const { text = "" } = unsentOf(state, sender).outgoing.find((prompt) => prompt.clientId === clientId) ?? {};
  const left = changeUnsent(state, sender, (unsent) => takeChoice(withoutPrompt(unsent, clientId), sent));
  return changeUnsent(left, threadId, (unsent) => ({
    ...unsent,
    outgoing: [...unsent.outgoing, { kind: "accepted", clientId, text, turnId: turn.id }],
  }));
}

/** It was refused. One that was sent again is unread as before. */
export function takeBack(unsent: Unsent, clientId: string): Unsent {
  const outgoing = unsent.outgoing.flatMap((prompt) =>
    prompt.clientId === clientId ? afterSending(prompt) : [prompt],
  );
  return { ...unsent, outgoing };
}

/** To be kept by the editor, of every thread. What is under way is in the draft until it is taken. */
export function keptUnsent(shownId: string | null, shown: Unsent, aside: PanelState["aside"]): KeptUnsent {
  const all = put(aside, keyOf(shownId), shown);
  const lasting = [...all].map(([key, unsent]): [string, Unsent] => [
    key,
    // The folders of a window may be others next time.
    { choice: { ...unsent.choice, cwd: null }, outgoing: unsent.outgoing.flatMap(afterSending) },
  ]);
  return Object.fromEntries(lasting.filter(([, unsent]) => !isEmpty(unsent)).slice(-KEPT_THREADS));
}

/** Whatever does not fit is left out. */
export function readUnsent(value: unknown): KeptUnsent {
  const read = Object.entries(fieldsOf(value)).map(([key, unsent]): [string, Unsent] => {
    const { choice, outgoing } = fieldsOf(unsent);
    const prompts = Array.isArray(outgoing) ? outgoing.flatMap(readPrompt) : [];
    return [key, { choice: readChoice(choice), outgoing: prompts }];
  });
  return Object.fromEntries(read.filter(([, unsent]) => !isEmpty(unsent)));
}

export function readMode(value: unknown): Mode | null {
  return typeof value === "string" && Object.hasOwn(modes, value) ? (value as Mode) : null;
}

function put(aside: PanelState["aside"], key: string, { choice, outgoing }: Unsent): PanelState["aside"] {
  if (isEmpty({ choice, outgoing }) && !aside.has(key)) return aside;
  const others = [...aside].filter(([other]) => other !== key);
  return new Map(isEmpty({ choice, outgoing }) ? others : [...others, [key, { choice, outgoing }]]);
}

// Where nobody took it.
function afterSending(prompt: Outgoing): Outgoing[] {
  if (prompt.kind !== "sending") return [prompt];
  const { clientId, text, unreadIn } = prompt;
  return unreadIn === undefined ? [] : [{ kind: "unread", clientId, text, turnId: unreadIn }];
}

function readPrompt(value: unknown): Outgoing[] {
  const { kind, clientId, text, turnId } = fieldsOf(value);
  if (kind !== "accepted" && kind !== "unread") return [];
  if (typeof clientId !== "string" || typeof text !== "string" || typeof turnId !== "string") return [];
  return [{ kind, clientId, text, turnId }];
}

function readChoice(value: unknown): Choice {
  const { mode, model, edits } = fieldsOf(value);
  return {
    mode: readMode(mode),
    model: typeof model === "string" ? model : null,
    edits: readEdits(edits),
    cwd: null,
  };
}

function readEdits(value: unknown): Edits | null {
  return value === "write" || value === "propose" ? value : null;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isEmpty({ choice, outgoing }: Unsent): boolean {
  return outgoing.length === 0 && isSame(choice, noChoice);
}

function isSame(a: Choice, b: Choice): boolean {
  return a.mode === b.mode && a.model === b.model && a.edits === b.edits && a.cwd === b.cwd;
}

function keyOf(threadId: string | null): string {
  return threadId ?? TO_COME;
}
