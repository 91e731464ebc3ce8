// The page of the panel: what it may load, and that it says something before its script has run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { panelHtml } from "../../../extension/panel/panel-html.ts";

const html = panelHtml({
  cspSource: "https://webview.test",
  script: "https://x/main.js",
  style: "https://x/main.css",
  nonce: "abc",
});

test("the page loads scripts by nonce only, styles, fonts and pictures from the extension only, and nothing else", () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1];
  assert.deepEqual(policy?.split("; "), [
    "default-src 'none'",
    "img-src https://webview.test data:",
    "font-src https://webview.test",
    "style-src https://webview.test",
    "script-src 'nonce-abc'",
  ]);
  assert.deepEqual([...html.matchAll(/<script(?! nonce="abc")/g)], []);
});

test("there is text to read before the script has run", () => {
  assert.match(html, /<p id="shell">[^<]+<\/p>\n<div id="root"><\/div>/);
});

test("what an earlier page has kept comes along as text, whatever characters are in it", () => {
  const kept = { draft: `"'<script>alert(1)</script>&amp;\u2028` };
  const parts = { cspSource: "x", script: "x", style: "x", nonce: "abc" };
  const page = panelHtml({ ...parts, kept });
  assert.deepEqual([...page.matchAll(/<script(?! nonce="abc")/g)], []);
  const text = /data-kept="([^"]*)"/.exec(page)?.[1] ?? "";
  const names = { "&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&" } as const;
  const read = text.replaceAll(/&(?:quot|lt|gt|amp);/g, (name) => names[name as keyof typeof names]);
  assert.deepEqual(JSON.parse(read), kept);
});
