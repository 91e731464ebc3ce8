// Takes a picture of every scene, at three widths and in three themes, into out/screenshots. Names on the command line
// (parts of scene names) take only those.
//   node_modules/.bin/node test/webview-ui/screenshots.ts [part of a scene's name]…
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { closeBrowser, openPanel, type ThemeName, whyNoPanel } from "./support/panel-page.ts";
import { scenes } from "./support/scenes.ts";

const themes: ThemeName[] = ["Dark Modern", "Light Modern", "Dark High Contrast"];
const widths = [300, 420, 600];
const height = 760;
const wanted = process.argv.slice(2);
const out = path.resolve(import.meta.dirname, "../../out/screenshots");

if (whyNoPanel) throw new Error(whyNoPanel);
await mkdir(out, { recursive: true });
for (const [name, scene] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  for (const theme of themes) {
    await using panel = await openPanel({ theme, width: Math.min(...widths), height, scale: 2 });
    await scene(panel);
    // As a person would who drags the edge of the side bar.
    for (const width of widths) {
      await panel.page.setViewportSize({ width, height });
      const file = `${name}-${theme}-${width}.png`.toLowerCase().replaceAll(/[ ,]+/g, "-");
      await panel.page.screenshot({ path: path.join(out, file), animations: "disabled", caret: "hide" });
    }
    if (panel.foreign.length > 0) console.log(`${name}, ${theme}: ${panel.foreign.join("; ")}`);
  }
}
await closeBrowser();
