// What a person has picked and typed so far as answers to questions of the model, and the reply that it makes. Pure.
import type { ToolRequestUserInputParams, ToolRequestUserInputResponse } from "../../server/protocol/user-input.ts";

export type Question = ToolRequestUserInputParams["questions"][number];

/** For one question. The words are kept while an option is picked. */
export interface Pick {
  /** Which option, or their own words. */
  choice: number | "own" | null;
  words: string;
}

/** One for each question of a card, by the name of the card. */
export type PicksByCard = Readonly<Record<string, readonly Pick[]>>;

const nothing: Pick = { choice: null, words: "" };
/** Cards whose picks are kept; more do not wait at a time. */
const KEPT_CARDS = 5;

export function takesOwnWords({ isOther, options }: Question): boolean {
  return isOther || hasNoOptions({ options });
}

/** Null until every question is answered. */
export function replyOf(questions: readonly Question[], picks: readonly Pick[]): ToolRequestUserInputResponse | null {
  const answers: [id: string, { answers: string[] }][] = [];
  for (const [at, question] of questions.entries()) {
    const answer = answerOf(question, picks[at] ?? nothing);
    if (answer === null) return null;
    answers.push([question.id, { answers: [answer] }]);
  }
  return { answers: Object.fromEntries(answers) };
}

function answerOf(question: Question, { choice, words }: Pick): string | null {
  if (choice === "own" || hasNoOptions(question)) return words.trim() === "" ? null : words.trim();
  return choice === null ? null : (question.options?.[choice]?.label ?? null);
}

function hasNoOptions({ options }: { options: Question["options"] }): boolean {
  return options === null || options.length === 0;
}

export function picksOf(all: PicksByCard, card: string, questions: readonly Question[]): readonly Pick[] {
  return questions.map((_, at) => all[card]?.[at] ?? nothing);
}

/** Null: the card is answered. */
export function withPicks(all: PicksByCard, card: string, picks: readonly Pick[] | null): PicksByCard {
  const others = Object.entries(all).filter(([name]) => name !== card);
  return Object.fromEntries(picks === null ? others : [...others, [card, picks] as const].slice(-KEPT_CARDS));
}

/** Reads what an earlier version may have written. */
export function readPicks(value: unknown): PicksByCard {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([card, picks]: [string, unknown]) =>
      Array.isArray(picks) && picks.every(isPick) ? [[card, picks]] : [],
    ),
  );
}

function isPick(value: unknown): value is Pick {
  const { choice, words } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return (choice === null || choice === "own" || typeof choice === "number") && typeof words === "string";
}
