// `npm run demo`: opens a real VS Code with Belay on a sample project, on the scripted model that needs no key.
// `npm run demo -- --headless`: plays the whole story in a headless browser, leaves screenshots in out/demo/, and ends
// with 0 only if all of it worked.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findChromium, whyNoWorkbench } from "../support/vscode/install.ts";
import { serveVscode } from "../support/vscode/serve.ts";
import { checkout, prepareProject, setStage, type Stage } from "./stage.ts";
import { badDays, playBadDays, refuseKeys } from "./story-of-bad-days.ts";
import { type Look, playStory } from "./story.ts";

const pictures = join(checkout, "out", "demo");
const narrow = 300;
const wide = 600;
const themes = { dark: "Dark Modern", light: "Light Modern", contrast: "Default High Contrast" };

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function build(): void {
  const { status } = spawnSync(process.execPath, ["esbuild.mjs"], { cwd: checkout, stdio: "inherit" });
  if (status !== 0) throw new Error("the build failed; see above");
}

async function playHeadless(): Promise<void> {
  const missing = whyNoWorkbench();
  if (missing !== undefined) throw new Error(missing);
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  const window = { scale: 2 };
  {
    await using stage = await setStage({ window });
    const look = await play(stage, playStory);
    for (const theme of ["dark", "light", "contrast"] as const) {
      for (const width of [narrow, wide]) await look(`23-${theme}-${width}`, { width, theme });
    }
  }
  await using api = await refuseKeys();
  await using stage = await setStage({ ...badDays(api), window });
  await play(stage, playBadDays);
}

async function play(stage: Stage, story: (stage: Stage, look: Look) => Promise<void>): Promise<Look> {
  const look = await lookAt(stage);
  try {
    await story(stage, look);
  } catch (error) {
    await look("failed");
    throw error;
  }
  return look;
}

/** Takes pictures of this stage, from now on. */
async function lookAt({ workbench }: Stage): Promise<Look> {
  await workbench.openBelay();
  await workbench.setSidebarWidth(420);
  let [shownTheme, shownWidth] = [themes.dark, 420];
  return async (name, { width = shownWidth, theme } = {}) => {
    const themeName = theme === undefined ? shownTheme : themes[theme];
    if (themeName !== shownTheme) await workbench.setTheme((shownTheme = themeName));
    if (width !== shownWidth) await workbench.setSidebarWidth((shownWidth = width));
    await workbench.screenshot(join(pictures, `${name}.png`));
    say(`  ${name}`);
  };
}

/** Serves until Ctrl+C. */
async function openForPerson(): Promise<void> {
  const { base, project, home } = prepareProject();
  await using vscode = await serveVscode({ env: { BELAY_HOME: home } });
  const url = vscode.url(project, { extensionPath: checkout });
  say(`\nVS Code with Belay is at\n\n  ${url}\n`);
  say(`The project is a copy in ${project}. Open Belay in the activity bar and ask: Make the tests pass`);
  say(
    "After that: Add a receipt, to review it; Open the till; and Explain the total over a bad connection. A line that begins with ! runs a command of your own.",
  );
  say("No AI answers: the model plays a script. Ctrl+C ends the demo.");
  showInBrowser(url);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  rmSync(base, { recursive: true, force: true });
}

/** Where there is a screen; elsewhere the address is enough. */
function showInBrowser(url: string): void {
  const hasScreen = process.platform !== "linux" || process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
  const chromium = findChromium();
  if (!hasScreen || chromium === undefined) return;
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = spawn(chromium, [`--app=${url}`, "--no-first-run", ...asRoot], { detached: true, stdio: "ignore" });
  // The address was printed: without a browser a person opens it by hand.
  browser.on("error", () => {});
  browser.unref();
}

try {
  build();
  if (process.argv.includes("--headless")) {
    say("Playing the demo:");
    await playHeadless();
    say(`The whole story worked. Pictures: ${join("out", "demo")}`);
  } else await openForPerson();
} catch (error) {
  process.stderr.write(`The demo failed: ${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
}
