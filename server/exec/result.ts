// What is known about a program that ended. One shape for every end, a failed start included: facts, no message to parse.

export interface ExecResult {
  /** Null when it did not exit by itself. */
  readonly exitCode: number | null;
  /** The signal that ended it, such as SIGKILL. Null otherwise, and when it had to be given up. */
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** Why it never started. Null when it did. */
  readonly spawnError: string | null;
  /** stdout and stderr in order of arrival; when `truncatedBytes` is not 0, head, a line that says so, and tail. */
  readonly output: string;
  /** Bytes of UTF-8 missing from the middle of `output`. */
  readonly truncatedBytes: number;
  /** By a monotonic clock. */
  readonly durationMs: number;
}
