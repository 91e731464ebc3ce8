// Where Belay keeps what is its own.
import { join, resolve } from "node:path";

/** Absolute. An empty variable is as good as none. */
export function belayHome(env: Readonly<Record<string, string | undefined>>, userHome: string): string {
  return resolve(env["BELAY_HOME"] || join(userHome, ".belay"));
}
