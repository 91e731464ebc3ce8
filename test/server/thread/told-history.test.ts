// Whatever happened to a thread (turns, compactions, taking them back, reverts, forks), the rollout says the same as the
// process that wrote it.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HistoryItem } from "../../../server/model/model.ts";
import type { ReadLine, RolloutEntry, ThreadMeta } from "../../../server/rollout/line.ts";
import { forkStart } from "../../../server/thread/fork.ts";
import { rebuildRecord } from "../../../server/thread/rebuild.ts";
import { cutRecord, emptyTurn, newThreadRecord } from "../../../server/thread/record.ts";
import {
  noteStart,
  noteUsage,
  replaceHistory,
  type ToldHistory,
  undoCompaction,
} from "../../../server/thread/told-history.ts";
import { applyToTurns } from "../../../server/thread/turn-log.ts";
import { noUsage } from "../../../server/thread/usage.ts";
import fc from "../../support/properties.ts";

type Act =
  | { kind: "turn" | "say" | "compact" | "undo" | "usage" | "plan" }
  | { kind: "revert"; back: number }
  /** Before a turn; null: all of it. */
  | { kind: "fork"; back: number | null };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Act>({ kind: "turn" }) },
  { weight: 4, arbitrary: fc.constant<Act>({ kind: "say" }) },
  { weight: 2, arbitrary: fc.constant<Act>({ kind: "compact" }) },
  { weight: 2, arbitrary: fc.constant<Act>({ kind: "undo" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: "usage" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: "plan" }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("revert" as const), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fork" as const), back: fc.option(fc.nat(4)) }) },
);

test("what is read back is what the process had, after every step", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const thread = new Played();
      for (const each of acts) {
        thread.perform(each);
        const read = rebuildRecord(structuredClone(thread.lines));
        assert.ok(read !== null);
        const { measured } = thread.record;
        assert.deepEqual(told(read), told(thread.record));
        // Counted anew with the next answer where a compaction was taken back; never counted differently.
        if (measured !== null) assert.deepEqual(read.measured, measured);
      }
    }),
    { numRuns: 500 },
  );
});

class Played {
  record = newThreadRecord(meta, { name: null, gitInfo: null }, settings as never);
  lines: ReadLine[] = [];
  /** What the model was told when each turn began: what a fork from there is told, whatever came later. */
  readonly #atStart = new Map<string, ReturnType<typeof told>>();
  #next = 0;
  #turnId = "";

  constructor() {
    this.#write({ type: "threadMeta", payload: meta });
    this.#write({ type: "settings", payload: settings as never });
    this.#begin();
  }

  perform(act: Act): void {
    const { record } = this;
    switch (act.kind) {
      case "turn":
        this.#begin();
        return;
      case "say": {
        const entry: HistoryItem = { type: "message", role: this.#next % 2 ? "user" : "assistant", text: this.#id() };
        this.#write({ type: "history", payload: entry });
        record.history.push(entry);
        return;
      }
      case "compact": {
        const history: HistoryItem[] = [{ type: "message", role: "user", text: `sum ${this.#id()}` }];
        const payload = { itemId: this.#id(), turnId: this.#turnId, history, tokensBefore: 2, tokensAfter: 1 };
        this.#write({ type: "compacted", payload });
        replaceHistory(record, payload.itemId, history);
        return;
      }
      case "undo": {
        const itemId = record.compactions.at(-1)?.itemId;
        if (itemId === undefined || !undoCompaction(record, itemId)) return;
        // Of the turn that has the item: the one that was running, in this model of it.
        const turnId = this.#turnOf(itemId);
        const params = { threadId: meta.id, turnId, itemId };
        this.#write({ type: "notification", payload: { method: "belay/compaction/undone", params } });
        return;
      }
      case "usage": {
        const last = { ...noUsage, totalTokens: ++this.#next };
        const params = {
          ...{ threadId: meta.id, turnId: this.#turnId },
          tokenUsage: { total: last, last, modelContextWindow: 9 },
        };
        noteUsage(record, params);
        this.#write({ type: "notification", payload: { method: "thread/tokenUsage/updated", params } });
        return;
      }
      case "plan": {
        const plan = [{ step: this.#id(), status: "pending" as const }];
        const params = { threadId: meta.id, turnId: this.#turnId, explanation: null, plan };
        record.plan = params;
        this.#write({ type: "notification", payload: { method: "turn/plan/updated", params } });
        return;
      }
      case "revert": {
        const turn = record.turns.at(-1 - act.back);
        if (turn === undefined || record.turns.length - 1 - act.back < 1) return;
        cutRecord(record, turn.id);
        this.#write({ type: "reverted", payload: { beforeTurnId: turn.id } });
        this.#begin();
        return;
      }
      case "fork":
        this.#goOnAsFork(act.back === null ? null : (record.turns.at(-1 - act.back)?.id ?? null));
        return;
      default:
        act satisfies never;
    }
  }

  #goOnAsFork(beforeTurnId: string | null): void {
    const expected = beforeTurnId === null ? told(this.record) : this.#atStart.get(beforeTurnId);
    const none = {
      unreadable: 0,
      nextOrdinal: 0,
      bytes: 0,
      paths: [""],
      turnStarts: new Map(),
      end: null,
      missing: [],
    };
    const { lines } = forkStart({ lines: this.lines, ...none }, { beforeTurnId });
    const record = rebuildRecord(structuredClone(lines));
    assert.ok(record !== null);
    assert.deepEqual(told(record), expected);
    [this.record, this.lines] = [record, [...lines]];
    this.#write({ type: "threadMeta", payload: { ...meta, id: "fork", base: null } });
    this.#write({ type: "settings", payload: settings as never });
    this.#begin();
  }

  #turnOf(itemId: string): string {
    const line = this.lines.find(({ type, payload }) => type === "compacted" && payload.itemId === itemId);
    return line?.type === "compacted" ? line.payload.turnId : "";
  }

  #begin(): void {
    const params = { threadId: meta.id, turn: emptyTurn(this.#id()) };
    this.#turnId = params.turn.id;
    this.#atStart.set(this.#turnId, told(this.record));
    noteStart(this.record, params.turn.id);
    applyToTurns(this.record.turns, { method: "turn/started", params });
    this.#write({ type: "notification", payload: { method: "turn/started", params } });
  }

  #id(): string {
    return `id-${this.#next++}`;
  }

  #write(entry: RolloutEntry): void {
    const line = { timestamp: new Date(0).toISOString(), ordinal: this.lines.length, ...entry };
    this.lines.push(structuredClone(line));
  }
}

function told({ history, usage, plan, compactions }: ToldHistory) {
  return { history: [...history], usage, plan, standing: compactions.map(({ itemId }) => itemId) };
}

const meta = { id: "thread", createdAt: 1, cwd: "/w", modelProvider: "test", model: "m" } as ThreadMeta;
const settings = { model: "m", modelProvider: "test", cwd: "/w" };
