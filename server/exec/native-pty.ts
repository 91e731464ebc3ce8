// Terminals from node-pty's native part, which makes one and starts a program in it. Its JavaScript is left out: that
// drops what is unread 200 ms behind the end of a program, and turns in circles while a program does not read.
import { randomInt } from "node:crypto";
import { closeSync, constants as flags, openSync, statSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { ReadStream } from "node:tty";
import type { TerminalSize } from "../protocol/command-exec.ts";
import { withoutOthersDescriptors, terminalOpened } from "./descriptors.ts";
import { type LiveChild, type LiveRequest, notStarted, toItsEnd } from "./live.ts";
import type { TerminalProgram, TerminalProvider } from "./pty.ts";
import { killSession, signalIfThere } from "./sessions.ts";
import { watched } from "./watchdog.ts";

/** Throws when there is no such module, or none that is made for this system. */
export function nativeTerminals(module: string): TerminalProvider {
  const native = createRequire(import.meta.url)(module) as NativePty;
  const helper = join(dirname(module), "spawn-helper");
  return { start: async (request, size) => start({ native, helper }, request, size) };
}

interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): { fd: number; pid: number; pty: string };
  /** Newer ones want the size of the cells as well, older ones refuse it. */
  resize(fd: number, cols: number, rows: number, xPixel?: number, yPixel?: number): void;
}

type Loaded = { readonly native: NativePty; readonly helper: string };

function start(loaded: Loaded, request: LiveRequest, size: TerminalSize): TerminalProgram {
  const gone = async () => "the command has ended";
  if (request.signal.aborted) return { ...notStarted({ aborted: true }), resize: gone };
  try {
    // The native part would call it an exit.
    if (!statSync(request.cwd).isDirectory())
      throw new Error(`The working directory ${request.cwd} is not a directory.`);
    return startIn(loaded, request, size);
  } catch (error) {
    return { ...notStarted({ spawnError: error as NodeJS.ErrnoException }), resize: gone };
  }
}

function startIn({ native, helper }: Loaded, request: LiveRequest, { rows, cols }: TerminalSize): TerminalProgram {
  const { file, args } = withoutOthersDescriptors(request);
  const guarded = watched(request);
  const env = Object.entries(guarded.env).map(([name, value]) => `${name}=${value}`);
  const exited = exit();
  const { fd, pid, pty } = native.fork(file, args, env, request.cwd, cols, rows, -1, -1, true, helper, (code, signal) =>
    exited.happened({ code, signal }),
  );
  guarded.started(pid);
  const screen = orUndo(
    () => signalIfThere(-pid, "SIGKILL"),
    () => screenOf(fd, pty),
  );
  // A signal of ours is told as one; of any other the code of the program in the terminal is all there is.
  let isKilled = false;
  let isOver = false;
  void exited.end.then(() => (isOver = true));
  const child: LiveChild = {
    outputs: [["stdout", screen.output]],
    whole: exited.end.then(async ({ code, signal }) => {
      screen.endBehindWhatIsWritten();
      await screen.closed;
      const exitCode = signal === 0 ? code : isKilled ? null : 128 + signal;
      return { exitCode, signal: exitCode === null ? nameOf(signal) : null, spawnError: null };
    }),
    kill(signal) {
      isKilled ||= !isOver;
      killSession(pid, signal);
      signalIfThere(-pid, signal);
    },
    onceExited: (listener) => void exited.end.then(listener),
    closeMore: () => {},
    endRest: async () => guarded.end({ wasKilled: isKilled || (await exited.end).signal !== 0 }),
  };
  const keys = keyboardOf(fd, screen);
  return {
    pid,
    ended: toItsEnd(child, request),
    write: keys.write,
    closeInput: () => void keys.write(Buffer.from(endOfInput)),
    async resize(newSize) {
      if (!screen.isOpen()) return "the command has ended";
      try {
        resize(native, fd, newSize);
        return null;
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
}

/** ^D is the end only at the start of a line. */
const endOfInput = "\n\x04";

function resize(native: NativePty, fd: number, { rows, cols }: TerminalSize): void {
  try {
    native.resize(fd, cols, rows, 0, 0);
  } catch {
    native.resize(fd, cols, rows);
  }
}

function exit() {
  let happened = (_end: { code: number; signal: number }): void => undefined;
  const end = new Promise<{ code: number; signal: number }>((resolve) => (happened = resolve));
  return { end, happened };
}

function nameOf(signal: number): NodeJS.Signals | null {
  const [name] = Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  return (name as NodeJS.Signals | undefined) ?? null;
}

/**
 * What is written to the terminal. Once nobody has it open for writing, what is unread beyond a few kilobytes would be
 * dropped; so we have it open too, and find the end by a mark that we write ourselves behind all else.
 */
function screenOf(fd: number, pty: string) {
  const leave = terminalOpened();
  const source = new ReadStream(fd);
  const leaveAgain = () => {
    source.destroy();
    leave();
  };
  const writer = orUndo(leaveAgain, () => openSync(pty, flags.O_RDWR | flags.O_NOCTTY | flags.O_NONBLOCK));
  const mark = endMark();
  let unwritten: Buffer | null = null;
  const output = new Readable({
    read: () => void source.resume(),
    destroy(error, done) {
      source.destroy();
      done(error);
    },
  });
  const closed = new Promise<void>((resolve) => output.once("close", resolve));
  const writeMark = () => {
    if (unwritten === null || unwritten.length === 0) return;
    try {
      unwritten = unwritten.subarray(writeSync(writer, unwritten));
    } catch (error) {
      // Full: there is room again when more was read. Anything else: the system has ended the terminal by itself.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") unwritten = null;
    }
  };
  const end = once(() => output.push(null));
  source.on("data", (bytes: Buffer) => {
    const { passed, isLast } = unwritten === null ? { passed: bytes, isLast: false } : mark.read(bytes);
    if (passed.length > 0 && !output.push(passed)) source.pause();
    if (isLast) end();
    else writeMark();
  });
  source.on("error", () => source.destroy());
  source.once("close", () => {
    const held = mark.held();
    if (held.length > 0 && !output.readableEnded && !output.destroyed) output.push(held);
    closeSync(writer);
    leave();
    end();
  });
  return {
    output,
    closed,
    /** False as soon as the number `fd` may be another file's. */
    isOpen: () => !source.destroyed,
    endBehindWhatIsWritten() {
      unwritten = mark.bytes;
      writeMark();
      if (unwritten === null) source.resume();
    },
  };
}

/** `undo` is called when `act` throws. */
function orUndo<T>(undo: () => void, act: () => T): T {
  try {
    return act();
  } catch (error) {
    undo();
    throw error;
  }
}

/** Digits: no setting of a terminal changes them. Nobody can foresee which. */
function endMark() {
  const bytes = Buffer.from(Array.from({ length: 4 }, () => String(randomInt(1e11, 1e12))).join(""));
  let held: Buffer = Buffer.alloc(0);
  let isFound = false;
  return {
    bytes,
    held: () => (isFound ? Buffer.alloc(0) : held),
    read(piece: Buffer): { passed: Buffer; isLast: boolean } {
      if (isFound) return { passed: Buffer.alloc(0), isLast: false };
      const all = Buffer.concat([held, piece]);
      const at = all.indexOf(bytes);
      isFound = at >= 0;
      const passed = all.subarray(0, isFound ? at : Math.max(0, all.length - bytes.length + 1));
      held = all.subarray(passed.length);
      return { passed, isLast: isFound };
    },
  };
}

/** What is typed. The system does not say when there is room again, so it is asked. */
function keyboardOf(fd: number, { closed, isOpen }: { closed: Promise<void>; isOpen: () => boolean }) {
  let last = Promise.resolve();
  const typeAll = async (bytes: Uint8Array) => {
    for (let rest = bytes; rest.length > 0; ) {
      if (!isOpen()) return;
      const written = writeSome(fd, rest);
      rest = rest.subarray(written);
      if (written === 0) await Promise.race([pause(), closed]);
    }
  };
  return {
    write: (bytes: Uint8Array) => (last = last.then(() => typeAll(bytes))),
  };
}

function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    // Anything but "full" means that nobody is there to read it.
    return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : bytes.length;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20).unref());
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
