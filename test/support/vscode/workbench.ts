// Drives the workbench that serve.ts serves, in a headless Chromium: what a person would click and type.
// Every wait has a deadline and names what it waited for; none is a sleep.
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from "playwright-core";
import { patienceMs, step, within } from "./deadline.ts";
import { findChromium, setupCommand } from "./install.ts";
import type { PageOptions, ServedVscode } from "./serve.ts";
import { themeClass } from "./themes.ts";

export type WorkbenchOptions = PageOptions & {
  vscode: ServedVscode;
  /** Absolute path of the workspace folder; null opens none. */
  folder: string | null;
  /** The window, default 1280 × 800. */
  size?: { width: number; height: number };
  /** A built-in colour theme by name, default "Dark Modern". */
  theme?: string;
  /** Device pixels per CSS pixel, default 1. Two makes sharp pictures. */
  scale?: number;
  /** Called with the page before it loads, to expose functions or listen. */
  prepare?: (page: Page) => Promise<void>;
};

const defaultTheme = "Dark Modern";
const paletteAttempts = 10;
const openAttempts = 6;
const chromiumArguments = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens `folder` in the served VS Code and waits until the workbench stands. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(`No Chromium to show VS Code in: run \`${setupCommand}\`.`);
  options.vscode.updateSettings({ "workbench.colorTheme": options.theme ?? defaultTheme });
  // Chromium's own sandbox refuses to run as root, which is what containers are; the page is our own.
  const browser = await chromium.launch({
    executablePath,
    args: chromiumArguments,
    chromiumSandbox: false,
    // process-tree.ts ends this process on a signal; playwright's own handler for SIGTERM would keep it alive.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  try {
    const context = await browser.newContext({
      viewport: options.size ?? { width: 1280, height: 800 },
      deviceScaleFactor: options.scale ?? 1,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    await options.prepare?.(page);
    const workbench = new Workbench(browser, page, options.vscode);
    await step("opening the workbench", async () => {
      await page.goto(options.vscode.url(options.folder, options), { waitUntil: "domcontentloaded" });
      await page.locator(".monaco-workbench .part.statusbar").waitFor({ timeout: patienceMs });
      await workbench.waitForTheme(options.theme ?? defaultTheme);
    });
    return workbench;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

export class Workbench {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #vscode: ServedVscode;

  constructor(browser: Browser, page: Page, vscode: ServedVscode) {
    this.page = page;
    this.#browser = browser;
    this.#vscode = vscode;
  }

  /** What is inside the Belay view. Use after `openBelay`. */
  chat(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }

  /** Runs a command by its title in the palette, category included: `Belay: New Thread`. */
  async runCommand(title: string): Promise<void> {
    await step(`running the command ${JSON.stringify(title)}`, async () => {
      // Without category and ellipsis: with both the palette may find nothing, without them it always does.
      const search = `>${title.replace(/^[^:]+: /, "").replace("…", "")}`;
      // The palette lists what is enabled at the moment it opens; a command may become so a little later.
      for (let attempt = 1; ; attempt++) {
        const input = await this.#openQuickInput("F1");
        await input.fill(search);
        try {
          await this.#pickRow(title, { timeout: patienceMs / paletteAttempts });
          return;
        } catch (error) {
          if (attempt === paletteAttempts) throw error;
        }
      }
    });
  }

  /** Shows the Belay view and waits until its page has content. */
  async openBelay(): Promise<void> {
    await step("opening the Belay view", async () => {
      // The whole entry, not its link: a badge lies over the link.
      const entry = this.page.locator('.activitybar .action-item:has(> a[aria-label^="Belay"])');
      await entry.waitFor();
      // A click on the entry of the view that already shows would hide it.
      const isShown = await this.page
        .locator('.activitybar .action-item.checked:has(> a[aria-label^="Belay"])')
        .count();
      if (isShown === 0) await entry.click();
      await this.chat().locator("body > *:visible").first().waitFor();
    });
  }

  /** Shows the Explorer in the place of the view that is there, and waits until it is. */
  async openExplorer(): Promise<void> {
    await step("opening the Explorer", async () => {
      await this.page.locator('.activitybar a[aria-label^="Explorer"]').click();
      await this.page.locator('.activitybar .action-item.checked > a[aria-label^="Explorer"]').waitFor();
    });
  }

  /** Drags the edge of the side bar until it is `width` pixels wide. */
  async setSidebarWidth(width: number): Promise<void> {
    await step(`making the side bar ${width} px wide`, async () => {
      const sidebar = this.page.locator(".part.sidebar");
      const before = await boxOf(sidebar);
      const edge = before.x + before.width;
      const middle = before.y + before.height / 2;
      await this.page.mouse.move(edge, middle);
      await this.page.mouse.down();
      await this.page.mouse.move(edge + (width - before.width), middle, { steps: 8 });
      await this.page.mouse.up();
      // Off the edge, which is highlighted under the pointer.
      await this.page.mouse.move(edge + (width - before.width) + 300, middle);
      const after = await boxOf(sidebar);
      if (Math.abs(after.width - width) > 1)
        throw new Error(`it is ${after.width} px wide; VS Code allows no less or no more here`);
    });
  }

  /** Switches to a built-in colour theme by name and waits until the page wears it. */
  async setTheme(name: string): Promise<void> {
    // An unknown name throws here, before the settings are touched.
    themeClass(this.#vscode.install, name);
    this.#vscode.updateSettings({ "workbench.colorTheme": name });
    await this.waitForTheme(name);
  }

  async waitForTheme(name: string): Promise<void> {
    const wearing = this.page.locator(`.monaco-workbench.${themeClass(this.#vscode.install, name)}`);
    await step(`waiting for the theme ${JSON.stringify(name)}`, () => wearing.waitFor());
  }

  /** Opens a workspace file in an editor through quick open. `path` is relative to the folder, with forward slashes. */
  async openFile(path: string): Promise<void> {
    await step(`opening the file ${JSON.stringify(path)}`, async () => {
      const name = path.split("/").at(-1) ?? path;
      const folder = path.split("/").slice(0, -1).join("/");
      const tab = this.page.locator(`.tab.active[data-resource-name="${name}"]`);
      // Rows that come later move those that are there, so a click may open what was not meant: then once more.
      for (let attempt = 1; ; attempt++) {
        const input = await this.#openQuickInput("ControlOrMeta+p");
        await input.fill(path);
        await this.#pickRow(name, { ...(folder === "" ? {} : { description: folder }) });
        try {
          await tab.waitFor({ timeout: patienceMs / openAttempts });
          return;
        } catch (error) {
          if (attempt === openAttempts) throw error;
        }
      }
    });
  }

  /**
   * Reloads the page as a person does, once VS Code has written down for this workspace what it shall come back with: by
   * key of its storage a part of the value, or null for none. It writes when it is idle, so who reloads at once comes back to less.
   */
  async reload(kept: Readonly<Record<string, string | null>>): Promise<void> {
    await step("reloading the window", async () => {
      await within(patienceMs, "VS Code to write that down", this.page.evaluate(untilKept, kept));
      await this.page.reload({ waitUntil: "domcontentloaded" });
      await this.page.locator(".monaco-workbench .part.statusbar").waitFor({ timeout: patienceMs });
    });
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path, animations: "disabled", caret: "hide" });
  }

  /** Closes the window as a user does, then the browser. The served VS Code stays up. */
  async dispose(): Promise<void> {
    // Running the page's unload handlers is what tells the extension host to deactivate its extensions.
    await this.page.close({ runBeforeUnload: false });
    await this.#browser.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #openQuickInput(key: string): Promise<Locator> {
    await this.page.keyboard.press(key);
    const input = this.page.locator(".quick-input-widget .quick-input-box input");
    await input.waitFor();
    return input;
  }

  async #pickRow(
    label: string,
    { description, timeout = patienceMs }: { description?: string; timeout?: number } = {},
  ): Promise<void> {
    const rows = this.page.locator(".quick-input-list .monaco-list-row");
    const having = (part: string, text: string) => ({ has: this.page.locator(part, { hasText: exactly(text) }) });
    const named = rows.filter(having(".label-name", label));
    const row = (description === undefined ? named : named.filter(having(".label-description", description))).first();
    await row.waitFor({ timeout }).catch(async (cause: unknown) => {
      const others = (await rows.locator(".label-name").allInnerTexts()).join(" | ");
      await this.page.keyboard.press("Escape");
      throw new Error(`no such row; there are: ${others}`, { cause });
    });
    await row.click();
  }
}

/** Runs in the page: until its storage of the workspace has these values. It tells nobody, hence the polling. */
async function untilKept(kept: Readonly<Record<string, string | null>>): Promise<void> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(request.error));
    });
  const missing = new Set(Object.keys(kept));
  while (missing.size > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const { name = "" } of await indexedDB.databases()) {
      if (!name.startsWith("vscode-web-state-db-") || name.includes("global")) continue;
      const database = await done(indexedDB.open(name));
      const [table] = database.objectStoreNames;
      if (table !== undefined) {
        const store = database.transaction(table).objectStore(table);
        for (const key of missing) {
          const [value, part = null] = [await done<unknown>(store.get(key)), kept[key]];
          if (part === null ? value === undefined : String(value).includes(part)) missing.delete(key);
        }
      }
      database.close();
    }
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);
}

async function boxOf(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await locator.boundingBox();
  if (!box) throw new Error("it is not visible");
  return box;
}
