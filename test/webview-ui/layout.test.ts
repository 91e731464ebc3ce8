// Every scene at narrow widths: nothing scrolls sideways but code. And the colours: only tokens that VS Code has, and
// words that can be read in each theme.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import test, { after } from "node:test";
import { paleWords } from "./support/contrast.ts";
import { closeBrowser, openPanel, whyNoPanel } from "./support/panel-page.ts";
import { scenes } from "./support/scenes.ts";

const inBrowser = { skip: whyNoPanel };
const styles = path.resolve(import.meta.dirname, "../../webview-ui/styles");
after(closeBrowser);

for (const [name, scene] of Object.entries(scenes)) {
  test(
    `${name}: at 240 and 300 pixels nothing is cut off, nothing is foreign, and all words can be read`,
    inBrowser,
    async () => {
      await using panel = await openPanel({ width: 300, height: 600 });
      await scene(panel);
      for (const width of [300, 240]) {
        await panel.page.setViewportSize({ width, height: 600 });
        const wide = await panel.page.evaluate(() => {
          const scrollsItself =
            ".output, .diff, .plain, .script, .markdown pre, .table-scroller, select, .for-screen-readers";
          const ends =
            ".row-text, .card-name, .path-folder, .path-name, .header-title, .extras, .card-live, .decision-words, textarea, .codicon";
          return [...document.querySelectorAll("body *")]
            .filter((element) => !element.closest(scrollsItself) && !element.closest(ends))
            .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
            .filter((element) => getComputedStyle(element).display !== "inline")
            .map(
              (element) => `${element.tagName}.${element.className}: ${element.scrollWidth} in ${element.clientWidth}`,
            );
        });
        assert.deepEqual(wide, [], `at ${width} px`);
        assert.deepEqual(panel.foreign, []);
      }
      assert.deepEqual(await paleWords(panel.page), []);
    },
  );
}

test("the style sheets use the editor's colours only, by names the editor has", async () => {
  const themes: Record<string, Record<string, string>> = JSON.parse(
    await readFile(path.join(import.meta.dirname, "support/themes.json"), "utf8"),
  );
  const known = new Set(Object.values(themes).flatMap(Object.keys));
  // Fonts, and what only some themes or some versions define; each has a fallback where it is used.
  const others = /^--vscode-(chat-font-|font-|editor-font-|contrast|list-hoverForeground)/;
  for (const file of (await readdir(styles)).filter((name) => name.endsWith(".css"))) {
    const text = await readFile(path.join(styles, file), "utf8");
    const unknown = (text.match(/--vscode-[\w-]+/g) ?? []).filter((token) => !known.has(token) && !others.test(token));
    assert.deepEqual(unknown, [], file);
    assert.doesNotMatch(text, /#[\da-f]{3,8}\b|\brgba?\(|\bhsla?\(/i, file);
  }
});
