// Waiting in tests: each wait has a deadline and says what it waited for.
import { stripVTControlCharacters } from "node:util";

/** For one wait. Only what will never come takes so long: a machine that has much else to do must not fail a test. */
export const patienceMs = 60_000;

/** Settles as `work` does; rejects with a sentence naming `what` when that takes longer than `timeoutMs`. */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms for ${what}.`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs one step and puts its name in front of whatever goes wrong in it. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    // Playwright colours its messages.
    const reason = stripVTControlCharacters(cause instanceof Error ? cause.message : String(cause)).trim();
    throw new Error(`${name}: ${reason}`, { cause });
  }
}
