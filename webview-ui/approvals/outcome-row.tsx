// A question that is settled: one row that says who decided what.
import type { ApprovalDecision } from "../../server/protocol/approval.ts";
import { QuietRow } from "../items/quiet-row.tsx";
import type { ApprovalOutcome } from "../state/state.ts";

export function ApprovalOutcomeRow({ outcome }: { outcome: ApprovalOutcome }) {
  switch (outcome.kind) {
    case "waiting":
      return null;
    case "void":
      return <QuietRow icon="circle-slash" text="Settled without your answer" />;
    case "answered": {
      const { icon, text } = answers[outcome.decision];
      return <QuietRow icon={icon} text={text} />;
    }
    default:
      return outcome satisfies never;
  }
}

const answers: Record<ApprovalDecision, { icon: string; text: string }> = {
  accept: { icon: "check", text: "You approved" },
  acceptForSession: { icon: "check", text: "You approved this for the thread" },
  decline: { icon: "close", text: "You declined" },
  cancel: { icon: "close", text: "You declined and stopped the turn" },
};
