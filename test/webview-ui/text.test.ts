// How text, numbers and paths are put before a person: tables.
import assert from "node:assert/strict";
import test from "node:test";
import { cutMiddle } from "../../webview-ui/approvals/cut-middle.ts";
import { turnRows } from "../../webview-ui/items/rows.ts";
import { foldedPhrase, toolPhrase } from "../../webview-ui/items/tool-words.ts";
import { readPicks, replyOf, withPicks } from "../../webview-ui/approvals/picks.ts";
import { newestPersisted, readPersisted } from "../../webview-ui/state/persisted.ts";
import { askedQuestions } from "../../webview-ui/text/asked-questions.ts";
import { diffLines, lineCounts } from "../../webview-ui/text/diff-lines.ts";
import { textRuns, visibleText } from "../../webview-ui/text/hidden-characters.ts";
import { placeName, relativePath, splitPath } from "../../webview-ui/text/paths.ts";
import { endOfOutput, lastLine, plainOutput } from "../../webview-ui/text/terminal-output.ts";
import { changeQuestion, compact, count, duration, retryWords, wholeSeconds } from "../../webview-ui/text/words.ts";
import { cartChange, cwd, item } from "./support/fixtures.ts";
import { lockFile, ownWords, strict } from "./support/questions.ts";

test("characters that cannot be seen are shown by their code", () => {
  for (const [given, expected] of [
    ["npm test", "npm test"],
    ["a\tb\nc", "a\tb\nc"],
    ["Grüße, 日本語, עברית", "Grüße, 日本語, עברית"],
    ["rm \u202egpj.exe", "rm \\u{202E}gpj.exe"],
    ["a\u200bb\u2066c\u2069", "a\\u{200B}b\\u{2066}c\\u{2069}"],
    ["ls\rrm", "ls\\u{D}rm"],
    ["no\u00a0break\u3000wide", "no\\u{A0}break\\u{3000}wide"],
    ["\u001b[31m\u0007", "\\u{1B}[31m\\u{7}"],
    ["tag\u{e0041}", "tag\\u{E0041}"],
    ["filler\u3164", "filler\\u{3164}"],
    ["line\u2028sep", "line\\u{2028}sep"],
    ["half\ud800", "half\\u{D800}"],
  ] as const) {
    assert.equal(visibleText(given), expected);
    assert.equal(
      textRuns(given)
        .map((run) => (run.kind === "text" ? run.text : run.escape))
        .join(""),
      expected,
    );
  }
  assert.deepEqual(textRuns("a\u202e"), [
    { kind: "text", text: "a" },
    { kind: "hidden", escape: "\\u{202E}", name: "Right-to-left override" },
  ]);
});

test("in front of a decision long runs of spaces are shown by their length", () => {
  assert.deepEqual(textRuns(`a${" ".repeat(300)}b\u200b`, { gaps: true }), [
    { kind: "text", text: "a" },
    { kind: "hidden", escape: "⎵×300", name: "300 spaces" },
    { kind: "text", text: "b" },
    { kind: "hidden", escape: "\\u{200B}", name: "Zero width space" },
  ]);
  const indented = `${" ".repeat(39)}b`;
  assert.deepEqual(textRuns(indented, { gaps: true }), [{ kind: "text", text: indented }]);
  assert.equal(textRuns(" ".repeat(300)).length, 1);
});

test("long output begins at the start of a line and says how many are missing", () => {
  assert.deepEqual(endOfOutput("one\ntwo\n"), { end: "one\ntwo\n", hidden: { lines: 0, chars: 0 } });
  const lines = Array.from({ length: 2001 }, () => `${"x".repeat(99)}\n`);
  const { end, hidden } = endOfOutput(lines.join(""));
  assert.equal(hidden.lines, 1001);
  assert.equal(end, lines.slice(hidden.lines).join(""));
  assert.deepEqual(endOfOutput("x".repeat(100_010)), { end: "x".repeat(100_000), hidden: { lines: 0, chars: 10 } });
});

test("output of a terminal becomes plain lines", () => {
  for (const [given, expected] of [
    ["\u001b[1;31mred\u001b[0m plain", "red plain"],
    ["\u001b]0;title\u0007after", "after"],
    ["\u001b]8;;https://example.com\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["10%\r50%\r100%\ndone", "100%\ndone"],
    ["windows\r\nlines\r\n", "windows\nlines\n"],
    ["spinner\u001b[2K\u001b[1Gend", "spinnerend"],
    ["bell\u0007 and\u0008 null\u0000", "bell and null"],
    ["cut off \u001b[3", "cut off "],
    ["cut off \u001b", "cut off \u001b".slice(0, -1)],
    ["tab\tstays", "tab\tstays"],
  ] as const) {
    assert.equal(plainOutput(given), expected);
  }
  assert.equal(lastLine("one\ntwo\u001b[0m\n\n"), "two");
  assert.equal(lastLine(""), "");
});

test("a change becomes lines with their side", () => {
  assert.deepEqual(
    diffLines(cartChange).map((line) => line.kind),
    ["same", "removed", "added", "same", "same"],
  );
  assert.deepEqual(diffLines({ path: "a", kind: { type: "add" }, diff: "+one\n\ntwo\n" }), [
    { kind: "added", text: "+one" },
    { kind: "added", text: "" },
    { kind: "added", text: "two" },
  ]);
  assert.deepEqual(
    diffLines({
      path: "a",
      kind: { type: "update", move_path: null },
      diff: "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n@@ -9 +9 @@\n c\n",
    }),
    [{ kind: "removed", text: "a" }, { kind: "added", text: "b" }, { kind: "gap" }, { kind: "same", text: "c" }],
  );
  assert.deepEqual(lineCounts([cartChange, { path: "b", kind: { type: "delete" }, diff: "x\ny" }]), {
    added: 1,
    removed: 3,
  });
  assert.deepEqual(lineCounts([{ path: "empty", kind: { type: "add" }, diff: "" }]), { added: 0, removed: 0 });
});

test("numbers and times are short", () => {
  assert.deepEqual([0, 400, 1400, 9949, 9950, 59_400, 65_000, 120_000, 3_700_000].map(duration), [
    "0.0 s",
    "0.4 s",
    "1.4 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1 min 5 s",
    "2 min",
    "1 h 1 min",
  ]);
  assert.deepEqual([10, 3000, 12_000].map(wholeSeconds), ["1 s", "3 s", "12 s"]);
  assert.deepEqual([0, 999, 1000, 12_412, 99_949, 272_000, 999_949, 1_250_000].map(compact), [
    "0",
    "999",
    "1k",
    "12.4k",
    "99.9k",
    "272k",
    "1000k",
    "1.3M",
  ]);
  assert.deepEqual(
    [count(1, "file"), count(2, "file"), count(1234, "character")],
    ["1 file", "2 files", "1,234 characters"],
  );
});

const base = { cwd, folders: [] };

test("paths are shown below the folder of the thread", () => {
  assert.equal(relativePath(`${cwd}/src/a.ts`, base), "src/a.ts");
  assert.equal(relativePath("/home/ada/shopping/a.ts", base), "/home/ada/shopping/a.ts");
  assert.equal(relativePath("C:\\work\\src\\a.ts", { cwd: "C:\\work", folders: [] }), "src\\a.ts");
  assert.equal(relativePath("/etc/passwd", base), "/etc/passwd");
  assert.equal(relativePath(cwd, base), cwd);
  assert.deepEqual(splitPath("src/deep/a.ts"), { folder: "src/deep/", name: "a.ts" });
});

test("paths in other folders of the window are shown by its name for them, unless two have the same", () => {
  const web = { name: "Web", cwd: "/home/ada/web" };
  const inner = { name: "Inner", cwd: "/home/ada/web/inner" };
  const window = { cwd, folders: [{ name: "shop", cwd }, web, inner] };
  assert.equal(relativePath(`${cwd}/src/a.ts`, window), "src/a.ts");
  assert.equal(relativePath("/home/ada/web/src/a.ts", window), "Web: src/a.ts");
  assert.equal(relativePath("/home/ada/web/inner/a.ts", window), "Inner: a.ts");
  assert.equal(relativePath("/home/ada/website/a.ts", window), "/home/ada/website/a.ts");
  const twice = { cwd, folders: [...window.folders, { name: "Web", cwd: "/srv/web" }] };
  assert.equal(relativePath("/home/ada/web/src/a.ts", twice), "/home/ada/web/src/a.ts");
  assert.deepEqual([placeName(web.cwd, window), placeName(`${cwd}/src`, window)], ["Web", "shop: src"]);
  assert.deepEqual([placeName("/etc", window), placeName(cwd, base)], [null, null]);
});

test("the question of a file approval names what happens", () => {
  const added = { path: `${cwd}/b.ts`, kind: { type: "add" as const }, diff: "" };
  assert.equal(changeQuestion([cartChange], base), "Change src/cart.ts?");
  assert.equal(changeQuestion([added], base), "Create b.ts?");
  assert.equal(changeQuestion([{ ...added, kind: { type: "delete" } }], base), "Delete b.ts?");
  assert.equal(changeQuestion([cartChange, added, added], base), "Change 3 files?");
  const moved = { ...cartChange, kind: { type: "update" as const, move_path: `${cwd}/src/basket.ts` } };
  assert.equal(changeQuestion([moved], base), "Rename src/cart.ts → src/basket.ts?");
});

test("a long text is cut in the middle and nothing of it is lost count of", () => {
  assert.equal(cutMiddle("npm test"), null);
  for (const text of ["x".repeat(5000), Array.from({ length: 100 }, (_, line) => `echo ${line}`).join("\n")]) {
    const cut = cutMiddle(text);
    assert.ok(cut);
    assert.ok(text.startsWith(cut.head) && text.endsWith(cut.tail));
    assert.equal(cut.head.length + cut.hidden + cut.tail.length, text.length);
  }
});

test("reads that follow each other share a row, and nothing else does", () => {
  const rows = turnRows([
    item.read("a"),
    item.read("b"),
    item.answer("Hm."),
    item.read("c"),
    item.read("d", { tool: "deploy" }),
  ]);
  assert.deepEqual(
    rows.map((row) => (row.kind === "reads" ? row.items.length : row.item.type)),
    [2, "agentMessage", 1, "dynamicToolCall"],
  );
});

test("an item without words leaves no row once it is complete", () => {
  const thinking = item.reasoning("", { completedAtMs: null });
  assert.equal(turnRows([thinking]).length, 1);
  assert.equal(turnRows([{ ...thinking, completedAtMs: 2 }, item.answer(" \n")]).length, 0);
});

test("while an answer is asked for anew, nobody is told to ask again", () => {
  assert.equal(
    retryWords("Reconnecting 2 of 5…", "The connection was reset. Try again."),
    "Reconnecting 2 of 5… The connection was reset. Belay asks again by itself; Stop ends the turn.",
  );
  assert.equal(
    retryWords("Reconnecting 2 of 5…", null),
    "Reconnecting 2 of 5… Belay asks again by itself; Stop ends the turn.",
  );
});

test("tool calls are told in words", () => {
  const read = (path: string) => ({ namespace: null, tool: "read_file", arguments: { path } });
  const search = { namespace: null, tool: "search_files", arguments: { pattern: "total" } };
  assert.equal(foldedPhrase([read("a"), read("b"), search]), "Read 2 files, searched for total");
  assert.equal(foldedPhrase([read("a"), search, search, search]), "Read a, searched 3 times");
  assert.deepEqual(toolPhrase({ namespace: null, tool: "deploy", arguments: null }, { isRunning: true }), {
    verb: "Calling",
    about: "deploy",
  });
});

test("what an earlier version kept is read as far as it fits", () => {
  const nothing = {
    sequence: 0,
    threadId: null,
    drafts: {},
    unsent: {},
    lastMode: null,
    dismissed: [],
    picks: {},
  };
  assert.deepEqual(readPersisted(undefined), nothing);
  assert.deepEqual(
    readPersisted({
      threadId: 5,
      drafts: { t: "Hi", u: 7, v: "" },
      unsent: { t: { choice: { mode: "toString", model: 5 }, outgoing: [{ kind: "sending" }, 7] }, u: null },
      lastMode: "fullAccess",
    }),
    { ...nothing, drafts: { t: "Hi" } },
  );
  const kept = {
    sequence: 7,
    threadId: "t",
    drafts: {},
    unsent: {
      t: {
        choice: { mode: "ask" as const, model: "gpt-5.5", edits: "propose" as const, cwd: null },
        outgoing: [{ kind: "unread" as const, clientId: "c1", text: "Hi", turnId: "turn-1" }],
      },
    },
    lastMode: "agent",
    dismissed: ["text:Hm."],
    picks: {},
  };
  assert.deepEqual(readPersisted({ ...kept, dismissed: ["text:Hm.", 5] }), kept);
});

test("of what the editor and the extension kept the newer one counts", () => {
  const older = { sequence: 4, drafts: { t: "Half" } };
  const newer = { sequence: 5, drafts: { t: "Half a thought" } };
  assert.deepEqual(newestPersisted(older, newer).drafts, newer.drafts);
  assert.deepEqual(newestPersisted(newer, older).drafts, newer.drafts);
  assert.deepEqual(newestPersisted(undefined, older).drafts, older.drafts);
  assert.deepEqual(newestPersisted(undefined, null).drafts, {});
});

test("a question of the model is read from its call, whatever stands there", () => {
  const call = (given: unknown, text: string | null) => ({
    arguments: given,
    contentItems: text === null ? null : [{ type: "inputText" as const, text }],
  });
  const questions = [
    { id: "a", header: "A", question: "Which?" },
    { id: "__proto__", question: "Who?" },
  ];
  const which = { header: "A", question: "Which?" };
  const who = { header: "", question: "Who?", answers: [] };
  for (const [given, text, expected] of [
    [{ questions }, '{"answers":{"a":{"answers":["x","y"]}}}', [{ ...which, answers: ["x", "y"] }, who]],
    [{ questions }, "The user did not answer.", [{ ...which, answers: [] }, who]],
    [{ questions }, null, [{ ...which, answers: [] }, who]],
    [{ questions: "no" }, "{}", []],
    [{ questions: [null, 1, { question: 2 }] }, "[]", []],
    [null, "{}", []],
  ] as const) {
    assert.deepEqual(askedQuestions(call(given, text), null), expected);
  }
  assert.deepEqual(askedQuestions(call({ questions }, null), { answers: { a: { answers: ["z"] } } })[0]?.answers, [
    "z",
  ]);
});

test("picks make a reply only when every question has an answer", () => {
  const pick = (choice: number | "own" | null, words = "") => ({ choice, words });
  assert.equal(replyOf([lockFile, strict], [pick(0), pick(null, "x")]), null);
  assert.equal(replyOf([lockFile], [pick("own", " ")]), null);
  assert.equal(replyOf([lockFile], [pick(7)]), null);
  assert.deepEqual(replyOf([lockFile, ownWords], [pick(1, "kept"), pick(null, " Winter ")]), {
    answers: { package_manager: { answers: ["pnpm"] }, release_name: { answers: ["Winter"] } },
  });
});

test("picks that were kept are read with care, and not kept for ever", () => {
  const picks = [{ choice: "own" as const, words: "yarn" }];
  assert.deepEqual(readPicks({ a: picks, b: [{ choice: {}, words: "" }], c: "no" }), { a: picks });
  assert.deepEqual(readPicks(null), {});
  const many = ["1", "2", "3", "4", "5", "6"].reduce((all, card) => withPicks(all, card, picks), {});
  assert.deepEqual(Object.keys(many), ["2", "3", "4", "5", "6"]);
  assert.deepEqual(withPicks({ a: picks }, "a", null), {});
});
