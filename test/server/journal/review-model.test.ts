// Turns, a person, reviews, undo, redo and restarts in any order, against a model that knows what must never happen:
// real files, a real journal.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RestoreResponse } from "../../../server/protocol/review.ts";
import { lines, type TestWorkspace, threadId, workspaceWith } from "./workspace.ts";
import fc, { propertyRuns } from "../../support/properties.ts";

const names = ["a.ts", "b.ts", "sub/c.ts"];
const turnIds = ["t0", "t1", "t2", "t3"];

/** Lines from `at` on give way to one that nobody else writes, or to none. */
interface Edit {
  readonly at: number;
  readonly deletes: number;
  readonly adds: boolean;
}

type Op =
  | { do: "turn"; turn: string; name: string; edit: Edit }
  | { do: "turn whole"; turn: string; name: string; to: string }
  | { do: "person"; name: string; edit: Edit }
  | { do: "person whole"; name: string }
  | { do: "keep" | "undo"; name: string | null; pick: number; isHunk: boolean; accepts: boolean }
  | { do: "restore"; turns: string[]; accepts: boolean; redoes: boolean }
  | { do: "redo"; turns: string[]; accepts: boolean }
  | { do: "restart" };

const name = fc.constantFrom(...names);
const turnId = fc.constantFrom(...turnIds);
const edit = fc.record({ at: fc.nat(9), deletes: fc.nat(2), adds: fc.boolean() });
const someTurns = fc.subarray(turnIds, { minLength: 1, maxLength: 2 });
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("turn" as const), turn: turnId, name, edit }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("turn whole" as const), turn: turnId, name, to: name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("person" as const), name, edit }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("person whole" as const), name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("keep" as const, "undo" as const),
      name: fc.option(name, { freq: 4 }),
      pick: fc.nat(5),
      isHunk: fc.boolean(),
      accepts: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("restore" as const),
      turns: someTurns,
      accepts: fc.boolean(),
      redoes: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("redo" as const), turns: someTurns, accepts: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

test("whatever turns, a person, undo, redo and restarts do in which order, no text is lost and none is written unasked", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 2, maxLength: 14 }), async (ops) => {
      await using work = await workspaceWith({ "a.ts": lines(8), "b.ts": `{\n${lines(3)}}\n}\n` });
      const model = new Model(work);
      await model.look();
      for (const each of ops) {
        await model.play(each);
        await model.look();
      }
    }),
    propertyRuns(20),
  );
});

type Files = Readonly<Record<string, string>>;

class Model {
  readonly #work: TestWorkspace;
  /** What the disk must have. */
  #files: Files | null = null;
  /** By name, the turns that ever had a part in the file, also before it was moved there. */
  readonly #turns = new Map<string, Set<string>>();
  /** Lines of turns that a person has let be. */
  readonly #kept = new Set<string>();
  #tokens = 0;

  constructor(work: TestWorkspace) {
    this.#work = work;
  }

  async play(op: Op): Promise<void> {
    switch (op.do) {
      case "turn":
        return this.#turn(op.turn, op.name, edited(await this.#work.text(op.name), op.edit, this.#token(op.turn)));
      case "turn whole":
        return this.#turnWhole(op.turn, op.name, op.to);
      case "person": {
        const text = edited(await this.#work.text(op.name), op.edit, this.#token("person"));
        return this.#person(op.name, text);
      }
      case "person whole":
        return (await this.#work.text(op.name)) === null ? undefined : this.#person(op.name, null);
      case "keep":
      case "undo":
        return this.#review(op);
      case "restore":
        return this.#restore(op);
      case "redo":
        await this.#asked(() => this.#work.restore("redo", op.turns, { acceptMerges: op.accepts }));
        return;
      case "restart":
        return this.#work.open();
      default:
        op satisfies never;
    }
  }

  /** What holds at any time. */
  async look(): Promise<void> {
    const now = await this.#texts();
    // Nothing is written by looking, nor by opening.
    if (this.#files !== null) assert.deepEqual(now, this.#files);
    for (const row of await this.#work.review.list(null)) {
      const own = this.#nameOf(row.path);
      const current = now[own] ?? "";
      const baseline = (await this.#work.review.text(row.path, "baseline")) ?? "";
      assert.equal(backwards(current, baseline, row.hunks), baseline, `the hunks of ${own} lead to its baseline`);
      const known = this.#turns.get(own) ?? new Set();
      for (const hunk of row.hunks) {
        const told = hunk.turns.map(({ turnId }) => turnId);
        assert.ok(told.length > 0, `nobody is said to have written a hunk of ${own}`);
        assert.deepEqual(
          told.filter((turn) => !known.has(turn)),
          [],
          `turns that never changed ${own}`,
        );
        const written = tokensIn(linesOf(current).slice(hunk.current.start, hunk.current.start + hunk.current.count));
        const writers = new Set([...written].map(writerOf).filter((writer) => writer !== "person"));
        assert.deepEqual(
          [...writers].filter((turn) => !told.includes(turn)),
          [],
          `${own} hides who wrote its lines`,
        );
      }
      const shown = new Set(row.hunks.flatMap(({ current: { start, count } }) => range(start, count)));
      const hidden = linesOf(current).filter((line, at) => !shown.has(at) && isPending(line, this.#kept));
      assert.deepEqual(hidden, [], `lines of a turn in ${own} are not to review`);
    }
    this.#files = now;
  }

  async #turn(turn: string, name: string, text: string | null): Promise<void> {
    if (text === null || text === (await this.#work.text(name))) return;
    await this.#work.turn(turn, { [name]: text });
    this.#taken(name, turn);
    this.#files = { ...this.#files, [name]: text };
  }

  async #turnWhole(turn: string, name: string, to: string): Promise<void> {
    const text = await this.#work.text(name);
    if (text === null) return;
    if (to === name) {
      await this.#work.turn(turn, { [name]: null });
      this.#files = without(this.#files, name);
    } else if ((await this.#work.text(to)) === null) {
      await this.#work.turn(turn, { [name]: [to, text] });
      this.#files = { ...without(this.#files, name), [to]: text };
    } else return;
    this.#join(name, to);
    this.#taken(to, turn);
  }

  async #person(name: string, text: string | null): Promise<void> {
    await this.#work.person(name, text);
    this.#files = text === null ? without(this.#files, name) : { ...this.#files, [name]: text };
    // What was the agent's in a file that a person deletes is seen, wherever it turns up again.
    if (text === null) this.#keep(Object.values(await this.#texts()));
  }

  async #review({ do: verb, name, pick, isHunk, accepts }: Extract<Op, { do: "keep" | "undo" }>): Promise<void> {
    const before = await this.#texts();
    const row = name === null ? undefined : await this.#work.row(name);
    const hunk = isHunk ? row?.hunks[pick % Math.max(1, row.hunks.length)] : undefined;
    const scope = {
      path: name === null ? null : this.#work.path(name),
      hunkId: hunk?.id ?? null,
      acceptMerges: accepts,
    };
    if (verb === "keep") {
      const kept = await this.#work.review.keep(scope);
      assert.ok(kept.outcome === "done" || kept.outcome === "nothing", kept.message ?? kept.outcome);
      assert.deepEqual(await this.#texts(), before, "to keep writes no file");
      const rows = name === null ? await this.#work.review.list(null) : [await this.#work.row(name)];
      if (hunk === undefined)
        assert.deepEqual(
          rows.flatMap((left) => left ?? []),
          [],
        );
      this.#keep(name === null ? Object.values(before) : [before[name] ?? ""]);
      return;
    }
    const result = await this.#asked(() => this.#work.review.undo(scope));
    if (result.outcome !== "done") return;
    const after = await this.#texts();
    if (!accepts)
      assert.deepEqual(
        lost(before, after, (writer) => writer === "person"),
        [],
        "what the person wrote",
      );
    if (hunk !== undefined)
      assert.equal((await this.#work.row(name ?? ""))?.hunks.length ?? 0, (row?.hunks.length ?? 1) - 1);
    else if (name === null) assert.deepEqual(await this.#work.pending(), {}, "all was undone");
    else assert.equal(await this.#work.row(name), undefined, `${name} was undone`);
  }

  async #restore({ turns, accepts, redoes }: Extract<Op, { do: "restore" }>): Promise<void> {
    const before = await this.#texts();
    const states = await this.#work.turnFiles.turns(threadId, new Set(turns));
    const result = await this.#asked(() => this.#work.restore("undo", turns, { acceptMerges: accepts }));
    if (result.outcome !== "done") return;
    const after = await this.#texts();
    assert.deepEqual(
      lost(before, after, (writer) => !turns.includes(writer)),
      [],
      "what others wrote",
    );
    if (!redoes || states.some(({ state }) => state !== "applied")) return;
    const redone = await this.#asked(() => this.#work.restore("redo", turns, { acceptMerges: true }));
    assert.deepEqual([redone.outcome, redone.message], ["done", null]);
    assert.deepEqual(await this.#texts(), before, "redo is the undo of an undo");
  }

  /** Writes only what it says, and only when it says that it did. */
  async #asked(ask: () => Promise<RestoreResponse>): Promise<RestoreResponse> {
    const before = await this.#texts();
    const result = await ask();
    const after = await this.#texts();
    if (result.outcome !== "done") assert.deepEqual(after, before, `${result.outcome}, and yet something was written`);
    assert.notEqual(result.outcome, "failed", result.message ?? "");
    const told = new Set(
      result.files.flatMap(({ path, movedTo }) => [path, movedTo ?? path]).map((path) => this.#nameOf(path)),
    );
    for (const each of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (!told.has(each)) assert.equal(after[each], before[each], `${each} was written untold`);
    }
    // What comes back from a deletion may have been kept before it.
    this.#files = after;
    for (const { path, movedTo } of result.files) this.#join(this.#nameOf(path), this.#nameOf(movedTo ?? path));
    return result;
  }

  #keep(texts: readonly string[]): void {
    for (const text of texts) for (const token of tokensIn(linesOf(text))) this.#kept.add(token);
  }

  /** What was one file under both names. */
  #join(name: string, to: string): void {
    const both = new Set([...(this.#turns.get(name) ?? []), ...(this.#turns.get(to) ?? [])]);
    for (const [each, known] of this.#turns) if (known === this.#turns.get(name)) this.#turns.set(each, both);
    this.#turns.set(name, both).set(to, both);
  }

  #taken(name: string, turn: string): void {
    this.#turns.set(name, (this.#turns.get(name) ?? new Set()).add(turn));
  }

  async #texts(): Promise<Files> {
    const found: Record<string, string> = {};
    for (const each of Object.keys(await this.#work.snapshot())) found[each] = (await this.#work.text(each)) ?? "";
    return found;
  }

  #nameOf(path: string): string {
    return path.slice(this.#work.cwd.length + 1);
  }

  #token(writer: string): string {
    return `${writer} wrote ${this.#tokens++}\n`;
  }
}

function edited(before: string | null, { at, deletes, adds }: Edit, token: string): string {
  const all = linesOf(before ?? "");
  const start = at % (all.length + 1);
  return [...all.slice(0, start), ...(adds || before === null ? [token] : []), ...all.slice(start + deletes)].join("");
}

function backwards(
  current: string,
  baseline: string,
  hunks: readonly { baseline: { start: number; count: number }; current: { start: number; count: number } }[],
): string {
  const all = linesOf(current);
  const old = linesOf(baseline);
  for (const hunk of hunks.toReversed()) {
    const { start, count } = hunk.baseline;
    all.splice(hunk.current.start, hunk.current.count, ...old.slice(start, start + count));
  }
  return all.join("");
}

/** Lines that somebody wrote and that are nowhere any more. */
function lost(before: Files, after: Files, isMeant: (writer: string) => boolean): string[] {
  const left = tokensIn(Object.values(after).flatMap(linesOf));
  return [...tokensIn(Object.values(before).flatMap(linesOf))].filter(
    (token) => isMeant(writerOf(token)) && !left.has(token),
  );
}

function isPending(line: string, kept: ReadonlySet<string>): boolean {
  return line.includes(" wrote ") && writerOf(line) !== "person" && !kept.has(line);
}

function tokensIn(all: readonly string[]): Set<string> {
  return new Set(all.filter((line) => line.includes(" wrote ")));
}

function writerOf(token: string): string {
  return token.split(" ")[0] ?? "";
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => start + at);
}

function without(files: Files | null, name: string): Files {
  return Object.fromEntries(Object.entries(files ?? {}).filter(([each]) => each !== name));
}
