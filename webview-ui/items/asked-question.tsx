// A question of the model: while it waits, the card that asks; afterwards the question with its answer.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { useApproval } from "../approvals/use-approval.ts";
import { Icon } from "../shell/icon.tsx";
import { type AskedQuestion, askedQuestions } from "../text/asked-questions.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import type { Place } from "./item-props.ts";
import { QuietRow } from "./quiet-row.tsx";

interface AskedProps {
  item: ThreadItemOf<"dynamicToolCall">;
  place: Place;
}

export function Asked({ item, place }: AskedProps) {
  const approval = useApproval(item.id);
  const isWaiting = approval?.outcome.kind === "waiting";
  // The item says so a moment later.
  const reply = approval?.outcome.kind === "replied" ? approval.outcome.reply : null;
  const questions = askedQuestions(item, reply);
  const isOpen = item.status === "inProgress" && !place.isCut && reply === null;
  const isAnswered = questions.some(({ answers }) => answers.length > 0);
  const status = isWaiting ? "waiting for your answer" : isOpen ? "running" : isAnswered ? "answered" : "not answered";
  const name = visibleText(questions.map(({ header, question }) => header || question).join(", "));
  return (
    <article class="item" aria-label={`Question: ${name}, ${status}`}>
      {isWaiting ? (
        <ApprovalCard approval={approval} base={place.base} />
      ) : isOpen ? (
        <QuietRow isRunning text="Asks a question" />
      ) : (
        questions.map((question, index) => <Answered key={index} question={question} />)
      )}
    </article>
  );
}

function Answered({ question: { question, answers } }: { question: AskedQuestion }) {
  return (
    <div class="asked">
      <span class="row-icon">
        <Icon name="question" />
      </span>
      <div class="asked-words">
        <p class="asked-question">
          <ExactText text={question} />
        </p>
        {answers.length === 0 ? (
          <p class="asked-question">Not answered</p>
        ) : (
          answers.map((answer, index) => (
            <p key={index} class="asked-answer">
              <ExactText text={answer} />
            </p>
          ))
        )}
      </div>
    </div>
  );
}
