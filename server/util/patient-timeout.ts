// A deadline for what others do, in time that this process had: a machine that is busy with all else is not taken for one
// that does not answer.

const beatMs = 100;

/** Calls back once, when so much time has passed in beats that came; each counts as one, however late it is. */
export function patientTimeout(act: () => void, ms: number): () => void {
  let left = Math.ceil(ms / beatMs);
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    act();
  }, beatMs);
  return () => clearInterval(timer);
}
