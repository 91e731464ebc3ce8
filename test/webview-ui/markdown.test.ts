// Markdown that grows is the same as markdown that was there at once; links lead only where they may.
import assert from "node:assert/strict";
import test from "node:test";
import { MarkdownBlocks } from "../../webview-ui/markdown/blocks.ts";
import { codeTarget, linkTarget } from "../../webview-ui/markdown/links.ts";
import fc from "../support/properties.ts";

const pieces = [
  "# Title\n\n",
  "Some *text* with `code`.\n",
  "\n",
  "- one\n- two\n  - nested\n",
  "1. first\n\n2. second\n",
  "```ts\nconst a = 1;\n",
  "```\n",
  "> quoted\n",
  "| a | b |\n|--|--|\n| 1 | 2 |\n",
  "---\n",
  "Setext\n===\n",
  "    indented\n",
  "snake_case_word ",
  "[ref]\n\n",
  "[ref]: https://example.com\n",
  "**bold",
  "**",
  "\r\n",
  "text\rmore\n",
  "~~~\n",
  "<b>html</b>\n",
  "\t\n",
  "  \n",
];

test("text that grows piece by piece ends as the text that was there at once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      const growing = new MarkdownBlocks();
      let text = "";
      for (const part of parts) growing.update((text += part), { isFinal: false });
      assert.deepEqual(growing.update(text, { isFinal: true }), new MarkdownBlocks().update(text, { isFinal: true }));
    }),
    { numRuns: 500 },
  );
});

test("a block that can no longer change keeps its identity", () => {
  const growing = new MarkdownBlocks();
  const [first] = growing.update("One.\n\nTwo.\n\nThree.\n\n", { isFinal: false });
  const again = growing.update("One.\n\nTwo.\n\nThree.\n\nFour", { isFinal: false });
  assert.equal(again[0], first);
  assert.equal(again.length, 4);
});

test("links lead to the web or into the workspace", () => {
  assert.deepEqual(linkTarget("https://example.com/a?b#c"), { kind: "web", url: "https://example.com/a?b#c" });
  assert.deepEqual(linkTarget("mailto:ada@example.com"), { kind: "web", url: "mailto:ada@example.com" });
  assert.deepEqual(linkTarget("src/cart.ts"), { kind: "file", path: "src/cart.ts" });
  assert.deepEqual(linkTarget("src/cart.ts:12"), { kind: "file", path: "src/cart.ts", line: 12 });
  assert.deepEqual(linkTarget("src/cart.ts:12:5"), { kind: "file", path: "src/cart.ts", line: 12 });
  assert.deepEqual(linkTarget("src/cart.ts#L12"), { kind: "file", path: "src/cart.ts", line: 12 });
  assert.deepEqual(linkTarget("a%20b.md"), { kind: "file", path: "a b.md" });
  assert.deepEqual(linkTarget("C:\\work\\a.ts:3"), { kind: "file", path: "C:\\work\\a.ts", line: 3 });
  assert.deepEqual(linkTarget("/home/ada/shop/a.ts"), { kind: "file", path: "/home/ada/shop/a.ts" });
});

test("links lead nowhere else", () => {
  for (const href of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "command:workbench.action.quit",
    "vscode://x/y",
    "vscode:extension/x",
    "file:///etc/passwd",
    "data:text/html,x",
    "vbscript:x",
    "//evil.example/x",
    "\\\\server\\share",
    "\\\\evil.test\\share\\x.txt:1",
    "%5C%5Cevil.test%5Cshare",
    "ftp://example.com",
    "https:evil",
    "",
    "#heading",
    "java\u0000script:x",
    "%0ajavascript:alert(1)",
  ]) {
    assert.equal(linkTarget(href), null, href);
  }
});

test("code is a place in a file only when it names a line", () => {
  assert.deepEqual(codeTarget("src/cart.ts:12"), { kind: "file", path: "src/cart.ts", line: 12 });
  for (const code of [
    "src/cart.ts",
    "npm test",
    "\\\\evil.test\\share\\x.txt:1",
    "//evil.test/x.txt:1",
    "localhost:3000",
    "a ? b : 1",
    "http://x.y:80",
  ])
    assert.equal(codeTarget(code), null, code);
});
