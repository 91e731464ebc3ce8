// How the editor says that something waits for a person: in the badge, the notification and the status bar. Pure.

export interface Waiting {
  count: number;
  /** "Belay needs your approval". */
  sentence: string;
}

/** `methods`: of the server's requests that wait. Null: nothing does. */
export function waitingWords(methods: readonly string[]): Waiting | null {
  const count = methods.length;
  if (count === 0) return null;
  const approvals = methods.filter((method) => method.endsWith("/requestApproval")).length;
  return { count, sentence: `Belay ${needs(approvals, count - approvals)}` };
}

function needs(approvals: number, questions: number): string {
  if (questions === 0) return approvals === 1 ? "needs your approval" : `needs ${approvals} approvals`;
  if (approvals === 0) return questions === 1 ? "asks you a question" : `asks you ${questions} questions`;
  return `needs ${approvals + questions} answers`;
}
