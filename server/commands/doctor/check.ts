// One line of `belay doctor`: what was looked at, how it stands, and what would help.
import { patientTimeout } from "../../util/patient-timeout.ts";

export interface Check {
  /** Stable, for programs. */
  readonly id: string;
  /** A word or two, for people. */
  readonly name: string;
  /** `warn`: Belay works, with less than it could. `fail`: nobody can work until it is mended. */
  readonly status: "ok" | "warn" | "fail";
  /** What was found; for a trouble, its cause. */
  readonly summary: string;
  /** Null: nothing is to be done. */
  readonly cure: string | null;
  /** The same in fields, for programs. A check has always the same ones, but for those that name a trouble. */
  readonly facts: Readonly<Record<string, unknown>>;
}

type Facts = Check["facts"];

export function ok(summary: string, facts: Facts): Omit<Check, "id" | "name"> {
  return { status: "ok", summary, cure: null, facts };
}

export function warn(summary: string, cure: string | null, facts: Facts): Omit<Check, "id" | "name"> {
  return { status: "warn", summary, cure, facts };
}

export function fail(summary: string, cure: string, facts: Facts): Omit<Check, "id" | "name"> {
  return { status: "fail", summary, cure, facts };
}

/** So long one check may take where the machine is not busy. All run side by side: the whole stays below three seconds. */
export const CHECK_MS = 2_300;

/** Never rejects, and waits for nothing that does not end. */
export async function checked(
  id: string,
  name: string,
  look: () => Promise<Omit<Check, "id" | "name">>,
  limitMs: number = CHECK_MS,
): Promise<Check> {
  let inTime = (): void => undefined;
  const late = new Promise<Omit<Check, "id" | "name">>((resolve) => {
    const summary = `It was not known after ${limitMs / 1000} seconds.`;
    const cure = "Run belay doctor again; if that does not help, see whether the machine or a network disk hangs.";
    inTime = patientTimeout(() => resolve(warn(summary, cure, { timedOut: true })), limitMs);
  });
  try {
    return { id, name, ...(await Promise.race([look(), late])) };
  } catch (error) {
    const summary = `It could not be looked at: ${error instanceof Error ? error.message : String(error)}`;
    return { id, name, ...warn(summary, null, { error: summary }) };
  } finally {
    inTime();
  }
}
