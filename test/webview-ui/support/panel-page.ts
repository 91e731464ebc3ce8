// The real panel in a real browser, without the editor around it: the same bundle, the same content security policy,
// the editor's own default styles and theme colours, and a host that a test speaks through.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { patienceMs } from "../../support/vscode/deadline.ts";
import { findChromium } from "../../support/vscode/install.ts";
import { FakeHost } from "./fake-host.ts";
import { prepareHost } from "./fixtures.ts";

export type ThemeName = "Dark Modern" | "Light Modern" | "Dark High Contrast";

export interface PanelOptions {
  width?: number;
  height?: number;
  theme?: ThemeName;
  /** Device pixels per CSS pixel. */
  scale?: number;
  /** What `getState` gives, as left by an earlier life of the view. */
  kept?: unknown;
  /** `hurrying`, the default: between any two looks at the clock more time passes than anyone waits for. */
  clock?: "hurrying" | "standing";
  /** Runs before the page loads: the place to change answers. */
  prepare?: (host: FakeHost) => void;
}

export interface OpenPanel {
  page: Page;
  host: FakeHost;
  /** Addresses the page asked for besides its own files, and what the security policy refused. Empty in a healthy panel. */
  foreign: string[];
  /** What `setState` was given last. */
  kept(): Promise<unknown>;
  /** Lets time pass on a standing clock. */
  tick(ms: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why the tests of the panel cannot run here, or false. */
export const whyNoPanel = findChromium() ? false : "no Chromium found: install one or set BELAY_CHROMIUM";

const origin = "https://panel.test";
const root = path.resolve(import.meta.dirname, "../../..");
export const bodyClass = {
  "Dark Modern": "vscode-dark",
  "Light Modern": "vscode-light",
  "Dark High Contrast": "vscode-high-contrast",
} as const;
const fonts = {
  "--vscode-font-family": 'system-ui, "Ubuntu", "Droid Sans", sans-serif',
  "--vscode-font-size": "13px",
  "--vscode-font-weight": "normal",
  "--vscode-editor-font-family": '"Droid Sans Mono", "monospace", monospace',
  "--vscode-editor-font-size": "14px",
  "--monaco-monospace-font": '"Droid Sans Mono", "monospace", monospace',
  "--text-link-decoration": "none",
};

let bundle: Promise<Map<string, { type: string; body: Buffer }>> | undefined;
let browser: Promise<Browser> | undefined;

/** Opens the panel. Unless `prepare` says otherwise it is at home in a trusted folder with a running server. */
export async function openPanel(options: PanelOptions = {}): Promise<OpenPanel> {
  const files = await (bundle ??= buildPanel());
  const open = await (browser ??= launch());
  const context = await open.newContext({
    viewport: { width: options.width ?? 340, height: options.height ?? 800 },
    deviceScaleFactor: options.scale ?? 1,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const host = new FakeHost(page);
  prepareHost(host);
  options.prepare?.(host);
  const foreign: string[] = [];
  const theme = options.theme ?? "Dark Modern";
  await serve(page, { ...options, theme }, files, foreign);
  await page.exposeFunction("toHost", (message: unknown) => host.receive(message));
  await page.addInitScript(provideApi, options.kept);
  await page.addInitScript(provideClock, options.clock ?? "hurrying");
  page.on("pageerror", (error) => foreign.push(`error: ${error.message}`));
  await page.goto(`${origin}/`);
  await host.expectCall("panel/ready");
  return {
    page,
    host,
    foreign,
    kept: () => page.evaluate(() => JSON.parse(sessionStorage.getItem("kept") ?? "null") as unknown),
    tick: (ms) => page.evaluate((passed) => (window as unknown as { tick(ms: number): void }).tick(passed), ms),
    async [Symbol.asyncDispose]() {
      host.leave();
      await context.close();
    },
  };
}

/** Ends the browser all panels share; for the end of a test file. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(String(whyNoPanel));
  // Chromium's own sandbox refuses to run as root, which is what containers are; the page is our own.
  return chromium.launch({ executablePath, chromiumSandbox: false, args: ["--disable-gpu", "--no-first-run"] });
}

async function buildPanel(): Promise<Map<string, { type: string; body: Buffer }>> {
  const { outputFiles } = await build({
    entryPoints: { main: path.join(root, "webview-ui/main.tsx") },
    outdir: path.join(root, "out/webview-ui"),
    bundle: true,
    write: false,
    platform: "browser",
    target: "chrome130",
    format: "iife",
    jsx: "automatic",
    jsxImportSource: "preact",
    mainFields: ["module", "main"],
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    logLevel: "warning",
  });
  const types: Record<string, string> = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" };
  const files = new Map(
    outputFiles.map((file) => {
      const name = path.basename(file.path);
      return [`/${name}`, { type: types[path.extname(name)] ?? "text/plain", body: Buffer.from(file.contents) }];
    }),
  );
  const defaults = await readFile(path.join(import.meta.dirname, "editor-defaults.css"));
  return files.set("/editor-defaults.css", { type: "text/css", body: defaults });
}

async function themeStyles(theme: ThemeName): Promise<string> {
  const themes: unknown = JSON.parse(await readFile(path.join(import.meta.dirname, "themes.json"), "utf8"));
  const tokens = { ...fonts, ...(themes as Record<ThemeName, Record<string, string>>)[theme] };
  return `:root { ${Object.entries(tokens)
    .map(([name, value]) => `${name}: ${value};`)
    .join(" ")} }`;
}

async function serve(
  page: Page,
  { theme }: { theme: ThemeName },
  files: Map<string, { type: string; body: Buffer }>,
  foreign: string[],
): Promise<void> {
  await page.route("**/*", async (route) => {
    const url = new URL(route.request().url());
    const file = url.origin === origin ? files.get(url.pathname) : undefined;
    if (file) return route.fulfill({ contentType: file.type, body: file.body });
    if (url.href === `${origin}/theme.css`)
      return route.fulfill({ contentType: "text/css", body: await themeStyles(theme) });
    if (url.href === `${origin}/`) return route.fulfill({ contentType: "text/html", body: html(theme) });
    foreign.push(url.href);
    return route.abort();
  });
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) foreign.push(message.text());
  });
}

function html(theme: ThemeName): string {
  const policy = `default-src 'none'; img-src ${origin} data:; font-src ${origin}; style-src ${origin}; script-src 'nonce-test'`;
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/theme.css"><link rel="stylesheet" href="/editor-defaults.css"><link rel="stylesheet" href="/main.css"></head>
<body class="${bodyClass[theme]}"><div id="root"></div><script nonce="test" src="/main.js"></script></body></html>`;
}

// Runs in the page, before everything else.
function provideApi(kept: unknown): void {
  const page = window as unknown as { toHost(message: unknown): Promise<void>; acquireVsCodeApi: unknown };
  let state = kept;
  page.acquireVsCodeApi = () => ({
    postMessage: (message: unknown) => void page.toHost(message),
    getState: () => state,
    setState: (next: unknown) => {
      state = next;
      sessionStorage.setItem("kept", JSON.stringify(next));
    },
  });
}

// Runs in the page too: the clock that events and the panel read.
function provideClock(kind: "hurrying" | "standing"): void {
  let time = 1000;
  performance.now = () => (kind === "hurrying" ? (time += 1000) : time);
  Object.defineProperty(Event.prototype, "timeStamp", { get: () => performance.now() });
  Object.assign(window, { tick: (ms: number) => void (time += ms) });
}
