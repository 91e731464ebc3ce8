// Which words on a page are hard to read: less than 4.5 to 1 against what is behind them, in each theme.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright-core";
import { bodyClass, type ThemeName } from "./panel-page.ts";

/** One line for each, by theme; what cannot be used now may be pale. Leaves the page in the last theme. */
export async function paleWords(page: Page): Promise<string[]> {
  const themes: Record<string, Record<string, string>> = JSON.parse(
    await readFile(path.join(import.meta.dirname, "themes.json"), "utf8"),
  );
  const pale: string[] = [];
  for (const theme of Object.keys(bodyClass) as ThemeName[]) {
    const found = await page.evaluate(palerThan, {
      tokens: themes[theme] ?? {},
      bodyClass: bodyClass[theme],
      others: Object.values(themes).flatMap(Object.keys),
    });
    pale.push(...found.map((line) => `${theme}: ${line}`));
  }
  return pale;
}

interface Theme {
  tokens: Record<string, string>;
  bodyClass: string;
  /** Names that other themes define, too. */
  others: string[];
}

// Runs in the page.
function palerThan({ tokens, bodyClass: className, others }: Theme): string[] {
  type Colour = [red: number, green: number, blue: number, share: number];
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (css: string): Colour => {
    if (pen === null) throw new Error("This browser draws nothing.");
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, share = 0] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, share / 255];
  };
  const over = ([r, g, b, share]: Colour, [red, green, blue]: Colour): Colour => [
    r * share + red * (1 - share),
    g * share + green * (1 - share),
    b * share + blue * (1 - share),
    1,
  ];
  const light = (part: number) => (part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const brightness = ([r, g, b]: Colour) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b) + 0.05;
  const behind = (element: Element | null): Colour => {
    if (element === null) return [255, 255, 255, 1];
    const own = read(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const opacity = (element: Element | null): number =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);

  for (const name of others) document.documentElement.style.removeProperty(name);
  for (const name of others) document.documentElement.style.setProperty(name, tokens[name] ?? "");
  document.body.className = className;
  const unread = "option, script, style, .for-screen-readers, :disabled, [aria-disabled=true], .codicon";
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pale: string[] = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const words = texts.currentNode.textContent?.trim() ?? "";
    if (element === null || words === "" || element.closest(unread) || element.getClientRects().length === 0) continue;
    const seen = opacity(element);
    if (seen === 0) continue;
    const back = behind(element);
    const [r, g, b, share] = read(getComputedStyle(element).color);
    const [one, two] = [brightness(over([r, g, b, share * seen], back)), brightness(back)];
    const ratio = Math.max(one, two) / Math.min(one, two);
    if (ratio < 4.5) pale.push(`${ratio.toFixed(2)} .${element.className}: ${words.slice(0, 40)}`);
  }
  return [...new Set(pale)];
}
