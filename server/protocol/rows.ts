// What a row of the method tables is made of, and the types that follow from one.
import type * as z from "zod";
import type { Backlog } from "./rpc/outbox.ts";

/** Which requests wait for each other. `thread`: those with the same threadId, in order of arrival. */
type Lane = "none" | "thread";
/** Who, besides any client of the wire, may send it through the extension's relay. */
type Surface = "extension" | "webview";

export interface RequestRow<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> extends RowOptions {
  readonly params: P;
  readonly result: R;
}

/**
 * `cwd`: the folder in use; `cwds`: in its place all folders of the window; `windowFolders`: all of them, for a thread
 * that has a folder; `both`: the folder in use and all of them.
 */
export type WorkspacePart = "nothing" | "cwd" | "cwds" | "windowFolders" | "both";

interface RowOptions {
  readonly lane: Lane;
  readonly from: readonly Surface[];
  /** What the extension adds of the window's folders on the way through: the panel never composes a path. */
  readonly needsWorkspace: WorkspacePart;
  /** True: only for clients that declared `experimentalApi`. Else by paths in the params what is, and its name. */
  readonly experimental: boolean | Readonly<Record<string, string>>;
  /** It stops or frees something, so it is taken on even when the connection is full of other work. */
  readonly urgent: boolean;
}

export interface NotificationRow<P extends z.ZodType = z.ZodType> {
  readonly params: P;
  /** What may be done to it while a client does not keep up with reading. */
  readonly backlog: Backlog;
}

/** Only what has a delta can be appended to. */
type BacklogOf<P extends z.ZodType> = z.output<P> extends { delta: string } ? Backlog : Exclude<Backlog, "append">;

export function request<P extends z.ZodType, R extends z.ZodType>(
  params: P,
  result: R,
  row: Partial<RowOptions> = {},
): RequestRow<P, R> {
  return {
    params,
    result,
    lane: "none",
    from: [],
    needsWorkspace: "nothing",
    experimental: false,
    urgent: false,
    ...row,
  };
}

export function notification<P extends z.ZodType>(params: P, row: { backlog?: BacklogOf<P> } = {}): NotificationRow<P> {
  return { params, backlog: row.backlog ?? "keep" };
}

export type RequestTable = Record<string, RequestRow>;
export type NotificationTable = Record<string, NotificationRow>;

/** Params as a sender writes them (defaults may be left out). */
export type ParamsIn<T extends RequestTable | NotificationTable, M extends keyof T> = z.input<T[M]["params"]>;
/** Params as a handler gets them (validated, defaults filled in). */
export type ParamsOut<T extends RequestTable | NotificationTable, M extends keyof T> = z.output<T[M]["params"]>;
export type ResultOf<T extends RequestTable, M extends keyof T> = z.output<T[M]["result"]>;

/** Any notification of a table, as a value: method and params that belong together. */
export type NotificationOf<T extends NotificationTable> = {
  [M in keyof T & string]: { method: M; params: z.output<T[M]["params"]> };
}[keyof T & string];
