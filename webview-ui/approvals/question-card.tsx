// Questions of the model: answers to choose from, own words where they are welcome, and a way to say nothing.
import { useId, useRef, useState } from "preact/hooks";
import type { ToolRequestUserInputParams, ToolRequestUserInputResponse } from "../../server/protocol/user-input.ts";
import { Icon } from "../shell/icon.tsx";
import { usePanel } from "../shell/panel-context.ts";
import type { Approval } from "../state/state.ts";
import { ExactText } from "../text/exact-text.tsx";
import { count } from "../text/words.ts";
import { AskingCard } from "./asking-card.tsx";
import { MoreBelow } from "./more-below.tsx";
import { type Pick, picksOf, type PicksByCard, type Question, replyOf, takesOwnWords, withPicks } from "./picks.ts";
import { answer } from "./use-answer.ts";

const skipped: ToolRequestUserInputResponse = { answers: {} };

export function QuestionCard({ approval, params }: { approval: Approval; params: ToolRequestUserInputParams }) {
  const panel = usePanel();
  const { questions } = params;
  const questionsId = useId();
  const card = useRef<HTMLDivElement>(null);
  const [picks, setPicks] = usePicks(params);
  const reply = replyOf(questions, picks);
  const give = (given: ToolRequestUserInputResponse | null, event: Event) => {
    if (!card.current || given === null) return;
    answer(panel, card.current, event, (key) => {
      panel.actions.reply(key, given);
      setPicks(null);
    });
  };
  return (
    <AskingCard approval={approval} card={card} label="Approval: answer a question" describedBy={questionsId}>
      <h3 class="approval-title">
        <Icon name="question" />
        <span>{questions.length > 1 ? `Belay asks ${count(questions.length, "question")}` : "Belay asks"}</span>
      </h3>
      <MoreBelow id={questionsId} class="questions">
        {questions.map((question, at) => (
          <QuestionPart
            key={at}
            question={question}
            name={`${approval.key}-${at}`}
            pick={picks[at] ?? { choice: null, words: "" }}
            onPick={(pick) => setPicks(picks.map((one, other) => (other === at ? pick : one)))}
            onEnter={(event) => give(reply, event)}
          />
        ))}
      </MoreBelow>
      <div class="approval-buttons">
        <button type="button" class="button primary" disabled={reply === null} onClick={(event) => give(reply, event)}>
          Answer
        </button>
        <button type="button" class="button" onClick={(event) => give(skipped, event)}>
          Skip
        </button>
      </div>
    </AskingCard>
  );
}

interface QuestionPartProps {
  question: Question;
  /** Holds its radio buttons together. */
  name: string;
  pick: Pick;
  onPick: (pick: Pick) => void;
  onEnter: (event: KeyboardEvent) => void;
}

function QuestionPart({ question, name, pick, onPick, onEnter }: QuestionPartProps) {
  const options = question.options ?? [];
  return (
    <fieldset class="question">
      <legend class="question-words">
        {question.header !== "" && (
          <span class="question-header">
            <ExactText text={question.header} gaps />
          </span>
        )}
        <span class="question-text">
          <ExactText text={question.question} gaps />
        </span>
      </legend>
      {options.map((option, at) => (
        <Option
          key={at}
          option={option}
          name={name}
          isPicked={pick.choice === at}
          onPick={() => onPick({ ...pick, choice: at })}
        />
      ))}
      {takesOwnWords(question) && (
        <OwnWords isAlone={options.length === 0} isSecret={question.isSecret} {...{ name, pick, onPick, onEnter }} />
      )}
    </fieldset>
  );
}

interface OptionProps {
  option: NonNullable<Question["options"]>[number];
  name: string;
  isPicked: boolean;
  onPick: () => void;
}

function Option({ option: { label, description }, name, isPicked, onPick }: OptionProps) {
  return (
    <label class="question-option">
      <input type="radio" name={name} checked={isPicked} onChange={onPick} />
      <span class="option-words">
        <span>
          <ExactText text={label} gaps />
        </span>
        {description !== "" && (
          <span class="option-description">
            <ExactText text={description} gaps />
          </span>
        )}
      </span>
    </label>
  );
}

type OwnWordsProps = Omit<QuestionPartProps, "question"> & {
  /** There are no options besides. */
  isAlone: boolean;
  isSecret: boolean;
};

function OwnWords({ name, pick, onPick, onEnter, isAlone, isSecret }: OwnWordsProps) {
  const field = useRef<HTMLElement | null>(null);
  const label = isAlone ? "Your answer" : "In your own words";
  const fieldProps = {
    ref: (element: HTMLElement | null) => void (field.current = element),
    class: "field question-field",
    "aria-label": isAlone ? label : `${label}: text`,
    placeholder: label,
    spellcheck: false,
    value: pick.words,
    onKeyDown: (event: KeyboardEvent) => {
      if (!isPlainEnter(event)) return;
      event.preventDefault();
      onEnter(event);
    },
  };
  const onWords = (words: string) => onPick({ choice: "own", words });
  return (
    <div class="question-option own-words">
      {!isAlone && (
        <input
          type="radio"
          name={name}
          aria-label={label}
          checked={pick.choice === "own"}
          onChange={() => onPick({ ...pick, choice: "own" })}
          // By mouse: the next thing is to type. The arrow keys go through the choices.
          onClick={({ detail }) => detail > 0 && field.current?.focus()}
        />
      )}
      {isSecret ? (
        <input
          type="password"
          autocomplete="off"
          {...fieldProps}
          onInput={({ currentTarget }) => onWords(currentTarget.value)}
        />
      ) : (
        <textarea rows={1} {...fieldProps} onInput={({ currentTarget }) => onWords(currentTarget.value)} />
      )}
    </div>
  );
}

// Not the Enter that accepts a word of an input method (key code 229 where it comes late), and not the key that approves.
function isPlainEnter(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey, shiftKey, isComposing, keyCode, repeat } = event;
  const isModified = ctrlKey || metaKey || altKey || shiftKey;
  return key === "Enter" && !isModified && !isComposing && keyCode !== 229 && !repeat;
}

// They outlive the card, which goes with its thread and with the page. A card with a secret keeps them to itself.
function usePicks(params: ToolRequestUserInputParams): [readonly Pick[], (picks: readonly Pick[] | null) => void] {
  const { picks: kept } = usePanel();
  const own = useState<PicksByCard>({});
  const { turnId, itemId, questions } = params;
  const card = `${turnId} ${itemId}`;
  const isSecret = questions.some((question) => question.isSecret);
  const all = isSecret ? own[0] : kept.value;
  const set = (picks: readonly Pick[] | null) => {
    if (isSecret) own[1]((before) => withPicks(before, card, picks));
    else kept.value = withPicks(kept.peek(), card, picks);
  };
  return [picksOf(all, card, questions), set];
}
